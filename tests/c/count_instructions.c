/* A plugin of qemu that counts the instructions of pc_forward and pc_backward, and of all they call:
 *   cc -shared -fPIC -o libcount.so count_instructions.c
 *   qemu-aarch64 -plugin ./libcount.so -d plugin one_call …
 * It prints `Collected : N`, as callgrind does.  Blocks of instructions are counted when they begin. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if __has_include(<qemu-plugin.h>)
#include <qemu-plugin.h>
#else /* what is needed of qemu 7's; distributions seldom have the header */
typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))
#define QEMU_PLUGIN_VERSION 1
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t,
                                           void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *),
                                          enum qemu_plugin_cb_flags, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
void qemu_plugin_outs(const char *);
#endif

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t, const qemu_info_t *, int, char **);

/* A block's number of instructions, and what it tells of where the program is. */
enum { ELSEWHERE, ENTERS, LEAVES, KINDS };

static bool counts;
static uint64_t collected;

static void executed(unsigned cpu, void *block)
{
    (void)cpu;
    const uintptr_t n = (uintptr_t)block / KINDS, kind = (uintptr_t)block % KINDS;
    counts = kind == ENTERS || (counts && kind != LEAVES);
    collected += counts ? n : 0;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    const char *name = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(block, 0));
    uintptr_t kind = ELSEWHERE;
    if (name && (strcmp(name, "pc_forward") == 0 || strcmp(name, "pc_backward") == 0))
        kind = ENTERS;
    else if (name && strcmp(name, "main") == 0)
        kind = LEAVES;
    const uintptr_t told = qemu_plugin_tb_n_insns(block) * KINDS + kind;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, QEMU_PLUGIN_CB_NO_REGS, (void *)told);
}

static void ended(qemu_plugin_id_t id, void *none)
{
    (void)id, (void)none;
    char text[64];
    snprintf(text, sizeof text, "Collected : %llu\n", (unsigned long long)collected);
    qemu_plugin_outs(text);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info, (void)argc, (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
