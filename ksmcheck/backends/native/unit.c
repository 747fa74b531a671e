/* The whole runtime as one translation unit, which compiles faster than its parts. */
#include "runtime.c"

#include "lifecycle.c"

#include "automaton.c"

#include "checkpoint.c"

#include "stubborn.c"
