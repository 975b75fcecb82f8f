//! The board: what each worker of a child is running.
//!
//! The child writes a line into a piece of anonymous memory (a memfd) whenever a worker turns to a
//! stage of a run; it names the stage and every call that the run answers. The server reads it once
//! the child is dead. So a start costs neither a frame on the pipe nor a wake-up of the server, and
//! is known even where the child was killed between two instructions. Lines are never cleared: the server knows which
//! calls it still waits for.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::fs::FileExt,
    },
};

use super::join::RUN_CALLS;

/// Stage and number of calls, then the calls.
const LINE: usize = 8 + 8 * RUN_CALLS;

/// One board, from either side.
pub(super) struct Board(File);

impl Board {
    /// A new empty board. Until [`Board::close_on_exec`] a process started from here inherits it.
    pub(super) fn create() -> io::Result<Self> {
        let fd = rustix::fs::memfd_create("portico-board", rustix::fs::MemfdFlags::empty())?;
        Ok(Self(File::from(fd)))
    }

    /// The number under which a child that inherits this board finds it.
    pub(super) fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Keeps later children from inheriting this board.
    pub(super) fn close_on_exec(&self) -> io::Result<()> {
        rustix::io::fcntl_setfd(&self.0, rustix::io::FdFlags::CLOEXEC)?;
        Ok(())
    }

    /// In the child: the board that the server left under this number.
    pub(super) fn open(number: RawFd) -> io::Result<Self> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(format!("/proc/self/fd/{number}"))
            .map(Self)
    }

    /// In the child: this worker turns to this stage of a run for these calls.
    pub(super) fn mark(&self, worker: usize, calls: &[u64], stage: u32) -> io::Result<()> {
        let mut line = [0; LINE];
        line[..4].copy_from_slice(&stage.to_le_bytes());
        let calls = &calls[..calls.len().min(RUN_CALLS)];
        line[4..8].copy_from_slice(&(calls.len() as u32).to_le_bytes());
        for (place, call) in line[8..].chunks_exact_mut(8).zip(calls) {
            place.copy_from_slice(&call.to_le_bytes());
        }
        let written = &line[..8 + 8 * calls.len()];
        self.0.write_all_at(written, (worker * LINE) as u64)
    }

    /// In the server: the last calls of every worker that had any, each with its stage.
    pub(super) fn read(&self) -> io::Result<Vec<(u64, u32)>> {
        let mut bytes = vec![0; usize::try_from(self.0.metadata()?.len()).unwrap_or(0)];
        self.0.read_exact_at(&mut bytes, 0)?;
        let mut found = Vec::new();
        for line in bytes.chunks(LINE) {
            let (head, calls) = line.split_at(line.len().min(8));
            let (head, _) = head.as_chunks::<4>();
            let [stage, count] = head else { continue };
            let count = u32::from_le_bytes(*count) as usize;
            let (calls, _) = calls.as_chunks::<8>();
            let calls = calls
                .iter()
                .take(count)
                .map(|call| u64::from_le_bytes(*call));
            found.extend(calls.map(|call| (call, u32::from_le_bytes(*stage))));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::Board;

    #[test]
    fn the_last_mark_of_each_worker_is_read() {
        let board = Board::create().unwrap();
        let child = Board::open(board.number()).unwrap();
        board.close_on_exec().unwrap();
        assert_eq!(board.read().unwrap(), []);
        child.mark(2, &[9], 1).unwrap();
        child.mark(0, &[5, 6, 7], 0).unwrap();
        assert_eq!(board.read().unwrap(), [(5, 0), (6, 0), (7, 0), (9, 1)]);
        child.mark(0, &[8], 3).unwrap();
        assert_eq!(board.read().unwrap(), [(8, 3), (9, 1)]);
    }
}
