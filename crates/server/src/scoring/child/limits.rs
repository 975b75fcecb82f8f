//! What the scorer may not do, set by itself before it loads anything.

use std::io;

use rustix::{
    process::{
        DumpableBehavior, Resource, Rlimit, Signal, getpid, getppid, kill_process,
        set_dumpable_behavior, set_parent_process_death_signal, setrlimit,
    },
    time::{ClockId, clock_gettime},
};

/// The largest file that a process that vets may write; its board is one.
const VETTING_FILE_BYTES: u64 = 1 << 20;

/// Caps the address space, forbids core files and tracing, and ties this process to its parent. With
/// `vetting`, it may also take only so many seconds of a core in all and write no file.
pub(super) fn lower(memory_mib: u64, parent: u32, vetting: Option<u64>) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the line above.
    if getppid().map(|pid| pid.as_raw_pid().cast_unsigned()) != Some(parent) {
        return Err(io::Error::other(
            "the server that started this process is gone",
        ));
    }
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    limit(Resource::Core, 0)?;
    if let Some(seconds) = vetting {
        limit(Resource::Cpu, seconds)?;
        limit(Resource::Fsize, VETTING_FILE_BYTES)?;
    }
    limit(Resource::As, memory_mib.saturating_mul(1 << 20))
}

fn limit(resource: Resource, value: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    Ok(setrlimit(resource, limit)?)
}

/// Ends this process at once, without exit handlers.
pub(super) fn end_now() {
    let _ = kill_process(getpid(), Signal::KILL);
}

/// Nanoseconds on the clock that all processes of the machine share.
pub(super) fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}
