/* What of the runtime is not run for every state, as one translation unit. */
#include "lifecycle.c"

#include "automaton.c"

#include "checkpoint.c"
