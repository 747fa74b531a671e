/* The whole runtime as one translation unit, for those who compile it by hand. */
#include "runtime.c"

#include "seldom.c"

#include "stubborn.c"
