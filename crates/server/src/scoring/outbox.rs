//! Frames on their way into a child's pipe.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::{Buf, Bytes};
use tokio::{net::unix::pipe::Sender, sync::Notify};

/// Frames handed to the kernel at once.
const SLICES: usize = 32;

#[derive(Default)]
struct State {
    frames: VecDeque<Bytes>,
    /// The pipe is full and the writing task waits for room.
    blocked: bool,
    /// The writing task is to write what has come together by its turn.
    gathering: bool,
}

/// The pipe and what did not fit into it yet.
pub(super) struct Outbox {
    pipe: Sender,
    state: Mutex<State>,
    full: Notify,
}

impl Outbox {
    pub(super) fn new(pipe: Sender) -> Self {
        Self {
            pipe,
            state: Mutex::default(),
            full: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends frames, one behind the other: at once if there is room, without waking any task.
    pub(super) fn send(&self, frames: impl IntoIterator<Item = Bytes>) {
        let mut state = self.lock();
        state.frames.extend(frames);
        if !state.blocked {
            self.flush(&mut state);
            if state.blocked {
                self.full.notify_one();
            }
        }
    }

    /// Sends a frame together with those of other tasks that are ready to run now. For when the
    /// child is at work anyway: one write costs as much as many, and wakes its reader once.
    pub(super) fn gather(&self, frame: Bytes) {
        let mut state = self.lock();
        state.frames.push_back(frame);
        if !state.blocked && !state.gathering {
            state.gathering = true;
            self.full.notify_one();
        }
    }

    /// Writes what did not go at once, for as long as the pipe is there.
    pub(super) async fn write(&self) {
        loop {
            self.full.notified().await;
            if self.lock().gathering {
                // Behind every task that is ready now.
                tokio::task::yield_now().await;
                let mut state = self.lock();
                state.gathering = false;
                if !state.blocked {
                    self.flush(&mut state);
                }
            }
            while self.lock().blocked {
                if self.pipe.writable().await.is_err() {
                    return;
                }
                self.flush(&mut self.lock());
            }
        }
    }

    fn flush(&self, state: &mut State) {
        state.blocked = false;
        while !state.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut count = 0;
            for (slice, frame) in slices.iter_mut().zip(&state.frames) {
                *slice = IoSlice::new(frame);
                count += 1;
            }
            match self.pipe.try_write_vectored(&slices[..count]) {
                Ok(written) => state.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked = true;
                    return;
                }
                // The child is gone: its output ends too, and that settles everything.
                Err(_) => state.frames.clear(),
            }
        }
    }
}

impl State {
    fn advance(&mut self, mut written: usize) {
        while let Some(first) = self.frames.front_mut() {
            if written < first.len() {
                first.advance(written);
                return;
            }
            written -= first.len();
            self.frames.pop_front();
        }
    }
}
