/* How a call was made: the walk that it took, and what the walks before it ask for. */
#ifndef PC_EXPLAIN_H
#define PC_EXPLAIN_H

enum { PC_MOST_STEPS = 4, PC_MOST_REFUSALS = 16 };

/* A walk that was not taken, and what it asks for that the call has not got. */
typedef struct pc_refusal {
    const char *walk, *asks;
} pc_refusal;

typedef struct pc_explanation {
    const char *step[PC_MOST_STEPS]; /* what was done before the walk was chosen */
    const char *walk;                /* NULL: nothing was walked */
    pc_refusal refusal[PC_MOST_REFUSALS];
    int steps, refusals;
} pc_explanation;

/* Nothing is written to NULL. */
static inline void pc_explain_step(pc_explanation *to, const char *step)
{
    if (to && to->steps < PC_MOST_STEPS)
        to->step[to->steps++] = step;
}

static inline void pc_explain_refusal(pc_explanation *to, const char *walk, const char *asks)
{
    if (to && to->refusals < PC_MOST_REFUSALS)
        to->refusal[to->refusals++] = (pc_refusal){walk, asks};
}

static inline void pc_explain_walk(pc_explanation *to, const char *walk)
{
    if (to)
        to->walk = walk;
}

#endif
