; boot.asm - loads the benchmark (bench.c) from the boot disk and enters it.
;
; Assembled with  nasm -f bin -DBITS=32|64 -DKERNEL='"file"'.  The whole image is
; loaded at 0x7c00, so every label is also its address:
;   0x7c00 boot sector   0x7db0 kernel mask (patchable, file offset 0x1b0)
;   0x7db4 scale of the counts (patchable, file offset 0x1b4)
;   0x7db8 entry address of the second processor, filled in by platform.h
;   0x7e00 stage 2       0x8000 second processor's first instruction (SIPI 08)

        org     0x7c00
        bits    16
first:  cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        jmp     0:.here
.here:  mov     [drive], dl
        mov     si, uart                ; COM1: 115200 8n1, no interrupts, FIFO
.uart:  lodsw
        mov     dx, 0x3f8
        add     dl, al
        mov     al, ah
        out     dx, al
        cmp     si, uart_end            ; last: the first serial byte; boot time is taken here
        jne     .uart
        sti
        mov     ah, 0x41                ; INT 13h extensions?
        mov     bx, 0x55aa
        mov     dl, [drive]
        int     0x13
        jc      chs
        cmp     bx, 0xaa55
        jne     chs

lba:    mov     cx, [left]              ; by LBA, up to 32 sectors a call
        test    cx, cx
        jz      loaded
        cmp     cx, 32
        jbe     .some
        mov     cx, 32
.some:  mov     [dap + 2], cx
        mov     si, dap
        mov     ah, 0x42
        mov     dl, [drive]
        push    cx
        int     0x13
        pop     cx
        jc      fail
        sub     [left], cx
        add     [dap + 8], cx
        shl     cx, 5
        add     [dap + 6], cx
        jmp     lba

chs:    mov     ah, 8                   ; floppy: sector by sector
        mov     dl, [drive]
        xor     di, di
        int     0x13
        jc      fail
        xor     ax, ax
        mov     es, ax
        and     cx, 63
        mov     [spt], cx
        mov     dl, dh
        xor     dh, dh
        inc     dx
        mov     [heads], dx
.next:  cmp     word [left], 0
        je      loaded
        mov     ax, [dap + 8]
        xor     dx, dx
        div     word [spt]
        mov     cl, dl
        inc     cl                      ; sector
        xor     dx, dx
        div     word [heads]
        mov     ch, al                  ; cylinder
        mov     dh, dl                  ; head
        mov     dl, [drive]
        mov     es, [dap + 6]
        xor     bx, bx
        mov     ax, 0x0201
        int     0x13
        jc      fail
        dec     word [left]
        inc     word [dap + 8]
        add     word [dap + 6], 32
        jmp     .next

fail:   mov     dx, 0x3f8
        mov     al, '!'
        out     dx, al
        cli
        hlt

loaded: jmp     stage2

uart:   db      3, 0x83, 0, 1, 1, 0, 3, 3, 1, 0, 2, 7, 0, '@'
uart_end:
drive:  db      0
spt:    dw      0
heads:  dw      0
left:   dw      (image_end - first) / 512 - 1
dap:    db      16, 0
        dw      0, 0, 0x7e0             ; count, offset, segment
        dq      1                       ; LBA

        times   0x1b0 - ($ - first) db 0
mask:   dd      0xffff                  ; bit n: run kernel n; bit 31: stay in ring 0
scale:  dd      0                       ; counts are divided by 2^scale
ap_entry:
        dd      0                       ; 8 bytes at run time
        times   0x1be - ($ - first) db 0
        db      0x80, 0, 2, 0, 0x7f, 0xfe, 0xff, 0xff
        dd      1, 20159
        times   0x1fe - ($ - first) db 0
        dw      0xaa55

; ------------------------------------------------------------------ stage 2
stage2: mov     ax, 0x2401              ; A20 on
        int     0x15
        in      al, 0x92
        or      al, 2
        and     al, 0xfe
        out     0x92, al
        cli
        lgdt    [gdtr]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     0x08:pm32

%if BITS = 64
KCODE   equ     0x10
GATE    equ     16
%else
KCODE   equ     0x08
GATE    equ     8
%endif
KDATA   equ     0x18
UCODE32 equ     0x23
UDATA   equ     0x2b
UCODE64 equ     0x33
IDT     equ     0x206000
TSS0    equ     0x207000
TSS1    equ     0x208000

        align   8
gdt:    dq      0
        dq      0x00cf9a000000ffff      ; 08 kernel code 32
        dq      0x00af9a000000ffff      ; 10 kernel code 64
        dq      0x00cf92000000ffff      ; 18 kernel data
        dq      0x00cffa000000ffff      ; 20 user code 32
        dq      0x00cff2000000ffff      ; 28 user data
        dq      0x00affa000000ffff      ; 30 user code 64
        dq      0x0000892070000067, 0   ; 38 TSS0
        dq      0x0000892080000067, 0   ; 48 TSS1
gdtr:   dw      $ - gdt - 1
        dd      gdt, 0
idtr:   dw      32 * GATE - 1
        dd      IDT, 0

        bits    32
pm32:   mov     ax, KDATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        xor     ax, ax
        mov     fs, ax
        mov     gs, ax
        mov     esp, 0x300000
        cld
        xor     eax, eax                ; clear .bss, page tables, IDT and TSSs
        mov     edi, 0x100000
        mov     ecx, 0x40000 / 4
        rep     stosd
        mov     edi, 0x200000
        mov     ecx, 0x10000 / 4
        rep     stosd
        mov     esi, kernel
        mov     edi, 0x100000
        mov     ecx, (kernel_end - kernel + 3) / 4
        rep     movsd

        mov     edi, IDT                ; faults 0..31
        mov     eax, faults
        mov     cl, 32
.gate:  mov     [edi], ax
        mov     word [edi + 2], KCODE
        mov     word [edi + 4], 0x8e00
        add     edi, GATE
        add     eax, 8
        loop    .gate
        mov     word [IDT + 6 * GATE], ud2_entry
        mov     dword [TSS0 + 4], 0x2e0000
        mov     dword [TSS1 + 4], 0x320000
        mov     word [TSS0 + 0x66], 0x68
        mov     word [TSS1 + 0x66], 0x68

%if BITS = 64
        mov     dword [0x200000], 0x201007  ; PML4 -> PDPT -> 4 PDs of 2 MiB pages
        mov     dword [0x201000], 0x202007
        mov     dword [0x201008], 0x203007
        mov     dword [0x201010], 0x204007
        mov     dword [0x201018], 0x205007
        mov     edi, 0x202000
        mov     eax, 0x87
.page:  mov     [edi], eax
        cmp     eax, 0xfe000000
        jb      .next
        or      byte [edi], 0x10            ; APICs: uncached
.next:  add     edi, 8
        add     eax, 0x200000
        jnc     .page
        mov     ebp, 0x300000               ; stack, entry, TSS
        mov     ebx, 0x100000
        mov     esi, 0x38
        jmp     golong

        times   0x400 - ($ - first) db 0
        bits    16
ap:     cli                                 ; 0x8000: second processor
        xor     ax, ax
        mov     ds, ax
        lgdt    [gdtr]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     0x08:.pm
        bits    32
.pm:    mov     ax, KDATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     ebp, 0x310000
        mov     ebx, [ap_entry]
        mov     esi, 0x48

golong: mov     eax, cr4
        or      eax, 0x620                  ; PAE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     eax, 0x200000
        mov     cr3, eax
        mov     ecx, 0xc0000080
        rdmsr
        or      eax, 0x100                  ; EFER.LME
        wrmsr
        mov     eax, cr0
        and     eax, 0x9ffffffb             ; caches on, no EM
        or      eax, 0x80000002             ; PG, MP
        mov     cr0, eax
        jmp     KCODE:.lm
        bits    64
.lm:    mov     esp, ebp
        mov     ebx, ebx
        lidt    [idtr]
        ltr     si
        test    byte [mask + 3], 0x80
        jnz     .ring0
        sub     ebp, 8
        push    UDATA
        push    rbp
        push    2
        push    UCODE64
        push    rbx
        iretq
.ring0: call    rbx
        hlt

ud2_entry:                                  ; stack: rip cs rflags rsp ss
        add     qword [rsp], 2
        push    rax
        push    rcx
        push    rdx
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        cld
        mov     eax, 0x100010
        call    rax
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rdx
        pop     rcx
        pop     rax
        iretq
%else
        mov     dword [TSS0 + 8], KDATA
        mov     edi, 0x200000               ; 4 MiB pages
        mov     eax, 0x87
.page:  mov     [edi], eax
        cmp     eax, 0xfe000000
        jb      .next
        or      byte [edi], 0x10
.next:  add     edi, 4
        add     eax, 0x400000
        jnc     .page
        mov     eax, cr4
        or      eax, 0x610                  ; PSE, OSFXSR, OSXMMEXCPT
        mov     cr4, eax
        mov     eax, 0x200000
        mov     cr3, eax
        mov     eax, cr0
        and     eax, 0x9ffffffb
        or      eax, 0x80000002
        mov     cr0, eax
        jmp     .on
.on:    lidt    [idtr]
        mov     ax, 0x38
        ltr     ax
        mov     ebx, 0x100000
        test    byte [mask + 3], 0x80
        jnz     .ring0
        mov     ax, UDATA
        mov     ds, ax
        mov     es, ax
        push    UDATA
        push    0x300000 - 4
        push    2
        push    UCODE32
        push    ebx
        iretd
.ring0: call    ebx
        hlt

ud2_entry:                                  ; stack: eip cs eflags esp ss
        add     dword [esp], 2
        push    eax
        push    ecx
        push    edx
        push    esi
        push    edi
        cld
        mov     eax, 0x100010
        call    eax
        pop     edi
        pop     esi
        pop     edx
        pop     ecx
        pop     eax
        iretd
%endif

        align   8                           ; exception n prints '#', 'A' + n and stops
faults:
%assign n 0
%rep 32
        mov     al, 'A' + n
        jmp     near fault
        align   8
%assign n n + 1
%endrep
fault:  mov     bl, al
        mov     dx, 0x3f8
        mov     al, '#'
        out     dx, al
        mov     al, bl
        out     dx, al
        mov     al, 10
        out     dx, al
.stop:  cli
        hlt
        jmp     .stop

        align   16, db 0
kernel: incbin  KERNEL
kernel_end:
        align   512, db 0
image_end:
