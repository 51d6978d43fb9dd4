//! What people may type: verbs, flags and their help. The contract of names is the project's; nothing here
//! does any work.
//!
//! Each verb's own flags are a struct of their own, because the same verbs are spoken in `-x` scripts, where
//! the input is already open.

use clap::{Args, Parser, Subcommand, ValueEnum, builder::styling};
use std::path::PathBuf;

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold());

/// Tells why a Go process died and where its memory and time went, from whatever it left behind.
///
/// Give it a core dump and the executable: it says why the process died, shows the crashing goroutine's stack
/// and the locals of its frames. The executable may be left out when it still stands where the core says.
/// Inputs may be compressed with zstd or gzip.
#[derive(Parser, Debug)]
#[command(
    name = "dumpview",
    version,
    styles = STYLES,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  dumpview core.44457 ./app\n  dumpview bt core.44457 ./app -g 7 --full\n  \
                  dumpview print core.44457 ./app 'main.Config.Hosts[0]'\n  \
                  dumpview core.44457 ./app -x 'goroutine 7' -x bt -x 'frame 2' -x locals"
)]
pub struct Cli {
    /// The question; without one, FILE is opened and summed up.
    #[command(subcommand)]
    pub verb: Option<Verb>,

    /// What the process left: a core dump (or an executable, to say what it is).
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// The executable that the process ran.
    #[arg(value_name = "EXE")]
    pub executable: Option<PathBuf>,

    /// Run a debugger command on it, like delve's; may be repeated, in order.
    #[arg(short = 'x', long = "exec", value_name = "COMMAND")]
    pub script: Vec<String>,

    /// Flags that every verb takes.
    #[command(flatten)]
    pub common: Common,
}

/// Flags that every verb takes.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// One JSON document instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    /// Text even on a terminal.
    #[arg(long, global = true)]
    pub plain: bool,

    /// Leave the mouse to the terminal: no clicks and wheel on the screens.
    #[arg(long, global = true)]
    pub no_mouse: bool,

    /// When to colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    /// Say nothing but the answer.
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more: sources of layouts, what was compared.
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Use the executable even when its build id is not the one in the core.
    #[arg(long, global = true)]
    pub ignore_build_id: bool,

    /// Look for source files elsewhere: replaces the prefix FROM of paths by TO; may be repeated.
    #[arg(long, global = true, value_name = "FROM=TO")]
    pub source_path: Vec<String>,
}

/// When to colour output.
#[derive(ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<ColorChoice> for anstream::ColorChoice {
    fn from(choice: ColorChoice) -> Self {
        match choice {
            ColorChoice::Auto => Self::Auto,
            ColorChoice::Always => Self::Always,
            ColorChoice::Never => Self::Never,
        }
    }
}

/// A core and, optionally, its executable.
#[derive(Args, Debug, Clone)]
pub struct CoreInput {
    /// The core dump.
    #[arg(value_name = "CORE")]
    pub core: PathBuf,

    /// The executable that the process ran; looked for where the core says when left out.
    #[arg(value_name = "EXE")]
    pub executable: Option<PathBuf>,
}

/// A core, optionally its executable, and a last word that is the question.
#[derive(Args, Debug, Clone)]
pub struct CoreAndWords {
    /// The core dump, optionally the executable, then the verb's own argument.
    #[arg(value_name = "CORE [EXE] [ARG]", required = true, num_args = 1..=3, allow_hyphen_values = false)]
    pub words: Vec<String>,
}

/// A core, optionally its executable, and an expression, which comes last and may begin with `-` or `*`.
#[derive(Args, Debug, Clone)]
pub struct CoreAndExpression {
    /// The core dump, optionally the executable, then the expression.
    #[arg(value_name = "CORE [EXE] EXPR", required = true, num_args = 1..=3)]
    pub words: Vec<String>,
}

/// The questions.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// What this is, Go version, why it died, self-audit, findings.
    Info {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
    },
    /// All goroutines of a core or a log: id, status, wait reason and time, location, labels; why it died, races.
    Goroutines {
        /// What to ask, and how.
        #[command(flatten)]
        args: crate::commands::goroutines::GoroutinesArgs,
    },
    /// OS threads: registers' pc, their goroutine.
    Threads {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
    },
    /// Frames of a goroutine (the one that crashed, unless -g) with inlined ones and arguments.
    #[command(visible_alias = "stack")]
    Bt {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: BtFlags,
    },
    /// Local variables of a frame.
    Locals {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
    },
    /// Arguments and results of a frame.
    Args {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
    },
    /// Value of an expression.
    #[command(visible_alias = "p")]
    Print {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndExpression,
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
    },
    /// Type of an expression.
    Whatis {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndExpression,
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
    },
    /// Package variables whose name matches a regex, with their values.
    Vars {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndWords,
        /// How.
        #[command(flatten)]
        flags: VarsFlags,
    },
    /// Functions whose name matches a regex.
    Funcs {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndWords,
    },
    /// Types whose name matches a regex.
    Types {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndWords,
    },
    /// Source files whose path matches a regex.
    Sources {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndWords,
    },
    /// Source around a frame, or around FILE:LINE or a function.
    #[command(visible_alias = "ls")]
    List {
        /// What to ask.
        #[command(flatten)]
        input: CoreAndWords,
        /// How.
        #[command(flatten)]
        flags: FrameFlags,
    },
    /// Registers of a goroutine's frame or of a thread.
    Regs {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: RegsFlags,
    },
    /// Instructions of a frame's function, in GNU syntax, with source lines and where calls lead.
    #[command(visible_alias = "disassemble")]
    Disass {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: DisassFlags,
    },
    /// Raw memory.
    X {
        /// What to ask.
        #[command(flatten)]
        input: CoreInput,
        /// How.
        #[command(flatten)]
        flags: XFlags,
    },
    /// Compiler output (go build -gcflags=-m): what escapes to the heap, why, and what to look at first.
    Escapes {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::escapes::EscapesArgs,
    },
    /// gctrace lines (GODEBUG=gctrace=1): the collector, live and summed up.
    Gc {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::gc::GcArgs,
    },
    /// schedtrace lines (GODEBUG=schedtrace=1000): run queues, idle processors, threads.
    Sched {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::sched::SchedArgs,
    },
    /// allocfreetrace records (GODEBUG=allocfreetrace=1, up to Go 1.22): what was allocated, by type, size and stack.
    Alloc {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::alloc::AllocArgs,
    },
    /// runtime.MemStats as expvar, profiles, gops or logs print it: where the memory is.
    Memstats {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::memstats::MemstatsArgs,
    },
    /// Several logs and cores on one axis.
    Timeline {
        /// What to ask.
        #[command(flatten)]
        flags: crate::commands::timeline::TimelineArgs,
    },
    /// Shell completions on stdout.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// The man page on stdout.
    #[command(hide = true)]
    Man,
}

/// How `goroutines` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct GoroutinesFlags {
    /// Group by identical stacks.
    #[arg(long)]
    pub group: bool,

    /// Only those that match: words joined by `and`, such as `status=waiting`, `wait~chan`, `id=7`, `label:user=ann`,
    /// `fn~http`, `waiting>1m`; a bare word is looked for everywhere.
    #[arg(long, value_name = "EXPR")]
    pub filter: Option<String>,

    /// With all frames.
    #[arg(long)]
    pub with_stacks: bool,

    /// The runtime's own goroutines too.
    #[arg(long)]
    pub system: bool,
}

/// How `bt` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct BtFlags {
    /// Goroutine id.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Locals of every frame.
    #[arg(long)]
    pub full: bool,

    /// At most this many frames.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub depth: usize,

    /// Every goroutine.
    #[arg(long)]
    pub all: bool,

    /// The runtime's own frames too, unfolded.
    #[arg(long)]
    pub runtime: bool,

    /// With --full, how many levels of structs, pointers and containers are opened.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub value_depth: u32,

    /// With --full, how many elements of a container, and bytes of a string, are shown.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_len: u64,
}

/// Which frame, and how far to follow values.
#[derive(Args, Debug, Clone, Default)]
pub struct FrameFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it; the first user frame when left out.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// Value limits.
    #[command(flatten)]
    pub values: ValueFlags,
}

/// How far values are followed.
#[derive(Args, Debug, Clone, Copy)]
pub struct ValueFlags {
    /// How many levels of structs, pointers and containers are opened.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub depth: u32,

    /// How many elements of a container, and bytes of a string, are shown.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub max_len: u64,
}

impl Default for ValueFlags {
    fn default() -> Self {
        Self {
            depth: 4,
            max_len: 64,
        }
    }
}

/// How `vars` answers.
#[derive(Args, Debug, Clone, Default)]
pub struct VarsFlags {
    /// Value limits.
    #[command(flatten)]
    pub values: ValueFlags,
}

/// Which registers.
#[derive(Args, Debug, Clone, Default)]
pub struct RegsFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// A thread by its id instead.
    #[arg(short, long, value_name = "TID", conflicts_with_all = ["goroutine", "frame"])]
    pub thread: Option<i32>,
}

/// Which instructions.
#[derive(Args, Debug, Clone, Default)]
pub struct DisassFlags {
    /// Goroutine id; the one that crashed when left out.
    #[arg(short, long = "goroutine", value_name = "ID")]
    pub goroutine: Option<u64>,

    /// Frame number as `bt` shows it; the first user frame when left out.
    #[arg(short, long, value_name = "N")]
    pub frame: Option<usize>,

    /// From this address on, decimal or 0x hex, or from a function's entry by its name.
    #[arg(short, long, value_name = "ADDR", conflicts_with_all = ["goroutine", "frame"])]
    pub addr: Option<String>,

    /// At most this many instructions, around the frame's pc or from --addr on; the whole function when left out.
    #[arg(short, long, value_name = "N")]
    pub count: Option<usize>,
}

/// Which memory.
#[derive(Args, Debug, Clone, Default)]
pub struct XFlags {
    /// Address, decimal or 0x hex; or an expression for one.
    #[arg(short, long, value_name = "ADDR")]
    pub addr: String,

    /// How many units.
    #[arg(short, long, value_name = "N", default_value_t = 64)]
    pub count: u64,

    /// Bytes per unit: 1, 2, 4 or 8.
    #[arg(short, long, value_name = "BYTES", default_value_t = 1)]
    pub size: u64,
}
