//! The board: what each worker of a child is running.
//!
//! The child writes a line of 16 bytes into a piece of anonymous memory (a memfd) whenever a
//! worker turns to a stage of a call; the server reads it once the child is dead. So a start
//! costs neither a frame on the pipe nor a wake-up of the server, and is known even where the
//! child was killed between two instructions. Lines are never cleared: the server knows which
//! calls it still waits for.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::fs::FileExt,
    },
};

const LINE: usize = 16;

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

    /// In the child: this worker turns to this stage of this call.
    pub(super) fn mark(&self, worker: usize, call: u64, stage: u32) -> io::Result<()> {
        let mut line = [0; LINE];
        line[..8].copy_from_slice(&call.to_le_bytes());
        line[8..12].copy_from_slice(&stage.to_le_bytes());
        self.0.write_all_at(&line, (worker * LINE) as u64)
    }

    /// In the server: the last call and stage of every worker that had one.
    pub(super) fn read(&self) -> io::Result<Vec<(u64, u32)>> {
        let mut bytes = vec![0; usize::try_from(self.0.metadata()?.len()).unwrap_or(0)];
        self.0.read_exact_at(&mut bytes, 0)?;
        let (lines, _) = bytes.as_chunks::<LINE>();
        Ok(lines
            .iter()
            .map(|line| {
                let (call, rest) = line.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
                let stage = rest.first_chunk::<4>().unwrap_or(&[0; 4]);
                (u64::from_le_bytes(*call), u32::from_le_bytes(*stage))
            })
            .filter(|(call, _)| *call != 0)
            .collect())
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
        child.mark(2, 9, 1).unwrap();
        child.mark(0, 7, 0).unwrap();
        child.mark(0, 8, 3).unwrap();
        assert_eq!(board.read().unwrap(), [(8, 3), (9, 1)]);
    }
}
