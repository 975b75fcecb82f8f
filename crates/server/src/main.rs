//! The one binary: the server, its scoring process, and the commands of the machine it runs on.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The scoring process comes before everything else: it lowers its own limits first.
    let mut words = std::env::args_os().skip(1).peekable();
    if words.peek().is_some_and(|word| word == "scorer") {
        return portico_server::scoring::child::main(words.skip(1));
    }
    portico_server::cli::main()
}
