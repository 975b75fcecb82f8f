//! The way to the server, shared by the workers.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
};

use super::limits;

/// Frames on their way out. Whoever finds nobody writing writes for all.
pub(super) struct Output {
    pipe: File,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    writing: bool,
}

impl Output {
    /// Takes standard output for frames and points it to standard error for everybody else, so
    /// that a library that prints can't break a frame.
    pub(super) fn take_stdout() -> io::Result<Self> {
        let pipe = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(Self {
            pipe,
            state: Mutex::default(),
        })
    }

    /// Sends a sealed frame: at once, or with the frames of whoever is writing now.
    pub(super) fn send(&self, frame: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.writing {
            state.waiting.extend_from_slice(frame);
            return;
        }
        state.writing = true;
        drop(state);
        self.write(frame);
        let mut buffer = Vec::new();
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.waiting.is_empty() {
                state.writing = false;
                return;
            }
            std::mem::swap(&mut state.waiting, &mut buffer);
            drop(state);
            self.write(&buffer);
            buffer.clear();
        }
    }

    fn write(&self, bytes: &[u8]) {
        if (&self.pipe).write_all(bytes).is_err() {
            // Nobody reads any more, so there is nothing left to do.
            limits::end_now();
        }
    }
}
