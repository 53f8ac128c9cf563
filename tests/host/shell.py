# SPDX-License-Identifier: GPL-2.0-or-later
"""A bash at a terminal, and what it makes of what is typed: what completion offers is what its readline does."""
import os
import pty
import select
import time

PATIENCE = 30  # seconds for one line


class Shell:
    """Interactive, with bash-completion and one completion more; programs of a folder come first."""

    def __init__(self, work, programs, completion):
        self.line, rc = f"{work}/line", f"{work}/bashrc"
        with open(rc, "w", encoding="utf-8") as file:
            file.write(
                ". /usr/share/bash-completion/bash_completion\n"
                f". {os.path.abspath(completion)}\n"
                "bind 'set enable-bracketed-paste off'\n"
                "bind 'set bell-style none'\n"
                # What readline holds, into a file that is there when it is whole; then an empty line.
                f"bind -x '\"\\C-xd\": printf %s \"$READLINE_LINE\" >{self.line}.new; mv {self.line}.new {self.line}; READLINE_LINE='\n"
                "PS1='ready> '\n"
            )
        pid, self.terminal = pty.fork()
        if not pid:
            os.environ.update(PATH=f"{os.path.abspath(programs)}:{os.environ['PATH']}", INPUTRC="/dev/null", TERM="dumb", HISTFILE="/dev/null")
            os.execvp("bash", ["bash", "--noprofile", "--rcfile", rc, "-i"])
        self.said = ""
        self.wait(lambda: "ready> " in self.said)

    def wait(self, done):
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise OSError(f"bash did not answer: {self.said[-2000:]}")
            if select.select([self.terminal], [], [], 0.02)[0]:
                self.said += os.read(self.terminal, 65536).decode(errors="replace")

    def typed(self, keys):
        """The line that these keys leave."""
        if os.path.exists(self.line):
            os.unlink(self.line)
        os.write(self.terminal, keys.encode() + b"\x18d")
        self.wait(lambda: os.path.exists(self.line))
        with open(self.line, encoding="utf-8") as file:
            return file.read()

    def completed(self, text):
        """What TAB makes of it."""
        return self.typed(text + "\t")

    def offers(self, text):
        """All that may stand in place of its last word, which readline inserts at Alt-*; what it has nothing for it leaves alone."""
        line = self.typed(text + "\x1b*")
        begin = max(text.rfind(mark) for mark in " =") + 1
        return line[begin:].split() if line != text else []
