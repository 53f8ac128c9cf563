/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 32-bit program without a C library, for count-abi: so many calls of each
 * kind by int 0x80, and the end. It says what it is worth by its exit status.
 */
#include "ia32.h"

	.globl	_start
	.text
	/* Calls \nr with \arg so often; what it returns must be \result, when that is given. */
	.macro	calls nr, times, arg=0, result
	movl	$\times, %esi
1:	movl	$\nr, %eax
	movl	$\arg, %ebx
	int	$0x80
	.ifnb	\result
	cmpl	$\result, %eax
	jne	bad
	.endif
	decl	%esi
	jnz	1b
	.endm

_start:
	calls	IA32_GETPPID, IA32_GETPPIDS
	calls	IA32_CLOSE, IA32_CLOSES, -1, -9
	calls	IA32_GETUID, IA32_GETUIDS
	calls	IA32_UNUSED, IA32_UNUSEDS, 0, -38
	calls	5000, 1, 0, -38
	calls	0x40000014, 1, 0, -38
	calls	0x7fffffff, 1, 0, -38
	calls	-1, 1, 0, -38
	movl	$IA32_EXIT_GROUP, %eax
	xorl	%ebx, %ebx
	int	$0x80
bad:
	movl	$IA32_EXIT_GROUP, %eax
	movl	$1, %ebx
	int	$0x80

	.section .note.GNU-stack, "", @progbits
