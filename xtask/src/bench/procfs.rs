//! What a process and all that it started have used, from `/proc`.

use std::collections::HashMap;
use std::fs;

/// Clock ticks a second; Linux shows times in these whatever the kernel's own clock is.
const TICKS: f64 = 100.0;

/// What a tree of processes uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// Seconds of processor time, in user code and in the kernel, also of children that have ended.
    pub cpu: f64,
    /// Resident memory in MiB.
    pub rss_mib: f64,
}

/// What this process and its descendants use.
pub fn used(root: u32) -> Used {
    let mut used = Used::default();
    for pid in tree(root) {
        used.cpu += stat(pid).map_or(0.0, |stat| stat.ticks as f64 / TICKS);
        used.rss_mib += rss_mib(pid);
    }
    used
}

/// The processes that this one started itself.
pub fn children(parent: u32) -> Vec<u32> {
    let all = all().into_iter();
    all.filter(|(_, ppid)| *ppid == parent)
        .map(|(pid, _)| pid)
        .collect()
}

/// Resident memory of one process in MiB; 0 where it has ended.
pub fn rss_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .unwrap_or(0.0);
    kib / 1024.0
}

/// The machine's load averages, as the kernel writes them.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

struct Stat {
    ppid: u32,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name in the second field may hold anything; the numbers begin behind its last bracket.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        ppid: u32::try_from(number(1)?).ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
    })
}

fn all() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.ppid)))
        .collect()
}

fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (pid, ppid) in all() {
        children.entry(ppid).or_default().push(pid);
    }
    let (mut found, mut at) = (vec![root], 0);
    while let Some(pid) = found.get(at) {
        found.extend(children.remove(pid).unwrap_or_default());
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{parse, used};

    #[test]
    fn a_name_with_brackets_is_no_trouble() {
        let stat = parse("7 (a) b) S 3 1 1 0 -1 0 0 0 0 0 10 20 1 2 20 0 1").unwrap();
        assert_eq!((stat.ppid, stat.ticks), (3, 33));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(used(std::process::id()).rss_mib > 0.5);
    }
}
