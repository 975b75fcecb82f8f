//! `bench/RESULTS.md`: one section a benchmark, replaced whole by each run.

use std::process::Command;

use super::procfs;
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

const HEADING: &str = "# Results of the benchmarks\n\nEach section is what `cargo xtask bench NAME` or `cargo xtask fuzz` wrote last, unless it says otherwise. What is measured stands in `bench/NAME/README.md` and in `tests/clients/fuzz.py`.\n";

/// Prints a section and puts it in the place of the one with the same name.
pub fn write(repo: &Repo, name: &str, text: &str) -> Result<(), Error> {
    println!("\n{text}");
    let path = repo.root.join("bench/RESULTS.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    std::fs::write(&path, replaced(&before, name, text)).map_err(Error::file(&path))
}

fn replaced(before: &str, name: &str, text: &str) -> String {
    let title = format!("## {name}");
    let mut sections: Vec<String> = Vec::new();
    for line in before.lines() {
        if line.starts_with("## ") {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    sections.retain(|section| section.lines().next() != Some(&title));
    sections.push(format!("{title}\n\n{}\n", text.trim()));
    sections.sort();
    let sections: Vec<&str> = sections.iter().map(|section| section.trim()).collect();
    format!("{HEADING}\n{}\n", sections.join("\n\n"))
}

/// The machine, in a line.
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read("/proc/meminfo");
    let kib: f64 = memory
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .unwrap_or(0.0);
    let kernel = process::probe(Command::new("uname").args(["-sr"])).unwrap_or_default();
    let gib = kib / f64::from(1 << 20);
    format!("{cores} cores of {model}, {gib:.0} GiB, {kernel}")
}

/// The commit that was measured and the day.
pub fn state(repo: &Repo) -> String {
    let git = |words: &[&str]| {
        process::probe(Command::new("git").args(words).current_dir(&repo.root)).unwrap_or_default()
    };
    // What another benchmark wrote here before changes nothing of what is measured.
    let status = [
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--",
        ".",
        ":!bench/RESULTS.md",
    ];
    let changed = if git(&status).is_empty() {
        ""
    } else {
        " with changes"
    };
    let day = process::probe(Command::new("date").args(["-u", "+%F"])).unwrap_or_default();
    format!(
        "commit {}{changed}, {day}",
        git(&["rev-parse", "--short", "HEAD"])
    )
}

/// The load averages at the end.
pub fn load() -> String {
    format!("load average at the end {}", procfs::load_average())
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let first = replaced("", "models", "one");
        let second = replaced(&first, "calls", "two");
        let third = replaced(&second, "models", "three");
        assert!(
            third.contains("## calls\n\ntwo\n\n## models\n\nthree\n"),
            "{third}"
        );
        assert!(!third.contains("one\n"), "{third}");
        assert_eq!(replaced(&third, "models", "three"), third);
    }
}
