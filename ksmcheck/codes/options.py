"""Codes 5xx: options of a run, limits, traces, the native engine."""

from __future__ import annotations

from ksmcheck.codes.record import Code

OPTIONS = (
    Code(
        "KSM502",
        "an unknown patch in --with or --without",
        "The patches that a model knows are shown by `ksmcheck show --patches`.",
        "--with rechek",
        "--with swapin-recheck",
    ),
    Code(
        "KSM503",
        "an unknown parameter in --set",
        "The parameters of a model and their bounds are shown by `ksmcheck show`.",
        "--set slots=2",
        "--set swap_slots=2",
    ),
    Code(
        "KSM504",
        "a parameter outside its bounds",
        "The model says within which bounds its parameter makes sense.",
        "--set swap_slots=99",
        "--set swap_slots=2",
    ),
    Code(
        "KSM505",
        "a patch that is added and removed",
        "--with adds a patch and --without takes it away: giving it to both contradicts itself.",
        "--with recheck --without recheck",
        "--with recheck",
    ),
    Code(
        "KSM506",
        "not a kernel version",
        "A kernel version is written as the kernel's tags are; it selects the patches "
        "released up to it.",
        "--kernel latest",
        "--kernel v2.6.35",
    ),
    Code(
        "KSM510",
        "a wrong command line",
        "The command, option or argument does not exist, or a value is missing. `ksmcheck "
        "COMMAND --help` shows what there is.",
        "ksmcheck explode",
        "ksmcheck explore --model swapin_race",
    ),
    Code(
        "KSM511",
        "a malformed value of an option",
        "The option's value is written in another form; the hint shows one.",
        "--set swap_slots",
        "--set swap_slots=2",
    ),
    Code(
        "KSM512",
        "an unknown word in a list of words",
        "The option takes one or several of the words that the hint names.",
        "--disable-check leaks",
        "--disable-check leak",
    ),
    Code(
        "KSM513",
        "a name that is given twice",
        "One option gives one name two values, and there is no telling which is meant.",
        "--set pages=2 --set pages=3",
        "--set pages=3",
    ),
    Code(
        "KSM514",
        "an unknown code",
        "`ksmcheck explain` takes a code as messages print it, KSM and three digits; without "
        "one it lists all codes.",
        "ksmcheck explain ghost",
        "ksmcheck explain KSM221",
    ),
    Code(
        "KSM521",
        "a trace file that cannot be read",
        "The trace file is missing, or its permissions forbid reading it.",
        "ksmcheck replay missing.json",
        "ksmcheck replay traces/race.json",
    ),
    Code(
        "KSM522",
        "a trace file that is not JSON",
        "Traces are JSON files that `ksmcheck explore --trace-out` writes. This file is "
        "something else.",
        "ksmcheck replay notes.txt",
        "ksmcheck replay traces/race.json",
    ),
    Code(
        "KSM523",
        "a trace file that ends too early",
        "The file is empty or was not written to its end; record the trace again.",
        "(a truncated file)",
        "ksmcheck explore --model swapin_race --trace-out race.json",
    ),
    Code(
        "KSM524",
        "not a trace, or of another version",
        "The JSON is not a trace of this ksmcheck. The schema number says which format a "
        "trace has; newer programs do not guess at older formats.",
        '"schema": 99',
        "record the trace again",
    ),
    Code(
        "KSM525",
        "a trace with wrong parts",
        "The trace has the right shape as a whole, and a part of it has a wrong type or is "
        "missing: it was edited by hand.",
        '"actor": 3',
        '"actor": "A"',
    ),
    Code(
        "KSM526",
        "the trace's model cannot be found",
        "A trace names the model file that it was recorded from; it is not there any more, or "
        "the trace belongs to another model.",
        "ksmcheck replay old.json",
        "ksmcheck replay old.json --model PATH.py",
    ),
    Code(
        "KSM527",
        "a trace that cannot be written",
        "The folder is missing, is no folder, or may not be written to.",
        "--trace-out /missing/race.json",
        "--trace-out race.json",
    ),
    Code(
        "KSM528",
        "a file that cannot be written",
        "The folder that the output goes to is missing, or its permissions forbid writing to it.",
        "--keep-generated /missing",
        "--keep-generated generated",
    ),
    Code(
        "KSM541",
        "no C compiler",
        "The native engine writes C and compiles it. Without a compiler the python engine "
        "runs the same model, more slowly.",
        "--engine native",
        "--engine python, or install gcc",
    ),
    Code(
        "KSM542",
        "the C compiler failed",
        "The compiler refused the generated C or could not run; its words are in the notes. "
        "If it is the code that it refuses, that is a bug of ksmcheck.",
        "CC=false ksmcheck explore ...",
        "CC=gcc ksmcheck explore ...",
    ),
    Code(
        "KSM543",
        "the model cannot be compiled here",
        "The folder for generated code cannot be written to, or the disk is full.",
        "(a full disk)",
        "XDG_CACHE_HOME=/tmp/cache ksmcheck explore ...",
    ),
    Code(
        "KSM544",
        "the generated C cannot be kept",
        "The folder that was asked for cannot be made, or its permissions forbid writing to it.",
        "--keep-generated /",
        "--keep-generated generated",
    ),
    Code(
        "KSM545",
        "not enough memory to begin",
        "The memory limit is smaller than the search needs for its first states.",
        "--memory-limit 1M",
        "--memory-limit 1G",
    ),
    Code(
        "KSM546",
        "options that do not go together",
        "One option asks for what another excludes: only the native engine has inexact visited "
        "sets and checkpoints, and a search with reductions has neither, nor bounds on depth or "
        "preemptions. Nothing is silently ignored: leave one of the two out.",
        "--engine python --visited compact",
        "--engine native --visited compact",
    ),
    Code(
        "KSM547",
        "a checkpoint that cannot be read",
        "The file that a search was to go on from is missing, or its permissions forbid "
        "reading it.",
        "--resume missing.ckpt",
        "--resume search.ckpt",
    ),
    Code(
        "KSM548",
        "not a checkpoint, or a damaged one",
        "The file was not written by a search of this program, or not to its end. A search "
        "that was cut off while it wrote leaves such a file.",
        "--resume notes.txt",
        "start again without --resume",
    ),
    Code(
        "KSM549",
        "a checkpoint of another model",
        "A checkpoint holds the states of one model in one configuration: the same file, "
        "kernel, patches and parameters. Another model's states would mean something else.",
        "--resume search.ckpt --set pages=3  (written with pages=2)",
        "--resume search.ckpt --set pages=2",
    ),
    Code(
        "KSM550",
        "an inexact search cannot go on",
        "A checkpoint holds exact states. A search with --visited compact or bitstate forgets "
        "them, so it can neither write nor continue one.",
        "--visited bitstate --resume search.ckpt",
        "--resume search.ckpt",
    ),
    Code(
        "KSM551",
        "a checkpoint larger than the memory limit",
        "The states that the earlier search had found do not fit into the memory that this "
        "one may use.",
        "--resume search.ckpt --memory-limit 100M",
        "--resume search.ckpt --memory-limit 4G",
    ),
    Code(
        "KSM552",
        "a checkpoint that cannot be written",
        "The search stopped early, and the file in which it was to leave its states could not be "
        "written: a full disk, or a folder that went away. The message says how much was explored.",
        "--checkpoint full_disk/search.ckpt",
        "--checkpoint search.ckpt",
    ),
    Code(
        "KSM553",
        "a reduction that cannot be used for this model",
        "A reduction may leave states out only where no property that is asked can tell. The "
        "message says what in this model is in the way. `--reduce all` takes those that can be "
        "used and leaves the others out.",
        "--reduce symmetry  (where two actors of one kind are told apart)",
        "--reduce all",
    ),
    Code(
        "KSM554",
        "nothing of this name to prove",
        "`--property` names a property of the scenario or a built-in check that is not switched "
        "off; `ksmcheck show` lists the properties.",
        "--property refcounts",
        "--property refcount",
    ),
    Code(
        "KSM555",
        "the order of locks has no proof by induction",
        "A cycle in the order of locks is made of what different runs do. Induction looks at one "
        "state and one step, so only a search can say that there is no cycle.",
        "ksmcheck prove --property lock-order",
        "ksmcheck explore",
    ),
    Code(
        "KSM556",
        "a model with symbols cannot be proved",
        "`prove` translates states into bits, and a symbol has no number of bits: what is known "
        "of it is a condition. `explore` runs such a model for all values of its symbols.",
        "ksmcheck prove --model (one with symbols)",
        "ksmcheck explore --model (one with symbols)",
    ),
)
