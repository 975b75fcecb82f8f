//! What the reading process may take.

use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

/// Bytes of memory of its own, a good deal less than the gigabyte that is promised: pages of the program
/// itself and of its stack come on top.
const MEMORY: u64 = 940 << 20;

/// Caps this process's memory, forbids core files, and ends it with its parent.
pub fn lower() -> std::io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    for (resource, value) in [(Resource::Core, 0), (Resource::Data, MEMORY)] {
        setrlimit(
            resource,
            Rlimit {
                current: Some(value),
                maximum: Some(value),
            },
        )?;
    }
    Ok(())
}
