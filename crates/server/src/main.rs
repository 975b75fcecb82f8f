//! The one binary: the server, its scoring process, and the commands of the machine it runs on.

use std::process::ExitCode;

/// A call is some two hundred small pieces of memory, most of which outlive the thread's turn.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // The scoring process comes before everything else: it lowers its own limits first.
    let mut words = std::env::args_os().skip(1).peekable();
    if words.peek().is_some_and(|word| word == "scorer") {
        return portico_server::scoring::child::main(words.skip(1));
    }
    portico_server::cli::main()
}
