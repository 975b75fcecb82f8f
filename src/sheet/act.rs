//! What keys and the clipboard do to the grid's state.

use super::clipboard::{self, Pasted};
use super::core::Core;
use super::keyboard::{self, Act, End, Press};
use super::selection::{Cell, Selection, Step};
use super::wish::{Purpose, Wish};
use super::worker::Clip;
use js_sys::JsString;
use portico_tabular::protocol::{Area, MOST_COPIED, View};
use web_sys::{ClipboardEvent, KeyboardEvent};

const APART: &str = "These rows do not stand together in the table. Show all rows, then try again.";

impl Core {
    /// A key went down. Whether it was taken.
    pub fn key(&mut self, event: &KeyboardEvent) -> bool {
        let key = event.key();
        let press = Press {
            key: &key,
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        // What an input method composes is its own.
        if event.is_composing() {
            return false;
        }
        if self.editing() {
            return self.key_in_field(press);
        }
        let Some(act) = keyboard::act(press) else {
            return false;
        };
        let leaving = std::mem::take(&mut self.leaving);
        self.seeking = None;
        match act {
            Act::Go(step @ (Step::Next | Step::Back), _) => {
                let before = self.selection.active;
                if leaving || before.moved(step, self.bounds()) == before {
                    return false;
                }
                self.go(step, false);
            }
            Act::Go(step, extend) => self.go(step, extend),
            Act::Edit => self.edit(false),
            Act::Replace => {
                self.wait();
                let active = self.selection.active;
                match &mut self.editor {
                    Some(editor) if editor.cell == active => editor.wake(),
                    _ => self.edit(true),
                }
                // The key itself goes on to the field.
                return !self.editing();
            }
            Act::Clear => self.clear(),
            Act::All => self.selection = Selection::all(self.bounds()),
            Act::Rows => self.select_rows(self.selection.active.row, self.selection.head.row),
            Act::Columns => {
                self.select_columns(self.selection.active.column, self.selection.head.column);
            }
            Act::Undo => self.wishes.push(Wish::Undo),
            Act::Redo => self.wishes.push(Wish::Redo),
            Act::GoTo => self.wishes.push(Wish::GoTo),
            Act::NextFinding => self.wishes.push(Wish::Find(false)),
            Act::PreviousFinding => self.wishes.push(Wish::Find(true)),
            Act::Escape => {
                self.leaving = true;
                self.selection = Selection::at(self.selection.active);
            }
        }
        true
    }

    /// Something is composed or typed: what waited for it is seen from now on, here and after this.
    pub fn composed(&mut self, by_method: bool) {
        self.composes |= by_method;
        if let Some(editor) = &mut self.editor {
            editor.wake();
        }
    }

    fn key_in_field(&mut self, press: Press<'_>) -> bool {
        let replaces = self.editor.as_ref().is_some_and(|editor| editor.replaces);
        match keyboard::end(press, replaces) {
            Some(End::Take(step)) => {
                self.finish(true);
                match step {
                    Some(step) => self.go(step, false),
                    None => self.wishes.push(Wish::Find(press.shift)),
                }
                self.focus();
                true
            }
            Some(End::Drop) => {
                self.finish(false);
                self.focus();
                true
            }
            None => {
                if press.key == "F2"
                    && let Some(editor) = &mut self.editor
                {
                    editor.keep();
                }
                false
            }
        }
    }

    /// Somebody copies or cuts. Whether the event is to be kept from the browser.
    pub fn copy(&mut self, event: &ClipboardEvent, cut: bool) -> bool {
        if self.editing() {
            return false;
        }
        let area = self.selection.area();
        let copied = match &self.copied.ready {
            Some((there, clip)) if *there == area => {
                let put = clipboard::put(event, clip);
                if !put {
                    self.wishes.push(Wish::NotCopied);
                }
                put
            }
            _ => {
                self.copied.asked.push_back((area, Purpose::Copy));
                self.wishes.push(Wish::Copy(area));
                // Else the worker refuses it, and says why.
                area.cells() <= MOST_COPIED
            }
        };
        if cut && copied {
            // The worker answers in order: what is copied is what stood there before.
            self.clear();
        }
        true
    }

    /// The texts of an area came. What of it is to be put on the clipboard now, if anything.
    pub fn take_copied(&mut self, clip: Clip) -> Option<JsString> {
        let (area, purpose) = self.copied.asked.pop_front()?;
        match purpose {
            Purpose::Copy => Some(clip.text),
            Purpose::Ahead => {
                self.copied.ready = Some((area, clip));
                None
            }
        }
    }

    /// What was asked for is not copied, and nothing comes. Whether somebody waits for it.
    pub fn not_copied(&mut self) -> bool {
        let asked = self.copied.asked.pop_front();
        asked.is_some_and(|(_, purpose)| purpose == Purpose::Copy)
    }

    /// Somebody pastes. Whether the event is to be kept from the browser.
    pub fn paste(&mut self, event: &ClipboardEvent) -> bool {
        if self.editing() {
            return false;
        }
        match clipboard::pasted(event) {
            None => self
                .wishes
                .push(Wish::Say("There is no text on the clipboard.")),
            Some(Pasted::File(file)) => self.wishes.push(Wish::File(file)),
            Some(Pasted::Clip(clip)) => {
                let area = self.selection.area();
                let at = Cell {
                    row: area.row,
                    column: area.column,
                };
                if at.column >= self.own {
                    self.wishes.push(Wish::Say("Predictions can't be edited."));
                } else if self.view != View::All && clip.several_rows() {
                    self.wishes.push(Wish::Say(
                        "Only some rows are shown. Show all rows to paste more than one.",
                    ));
                } else if let Some(row) = self.table_row(at.row) {
                    self.copied.ready = None;
                    self.wishes.push(Wish::Paste(row, at.column, clip));
                } else {
                    self.wishes.push(Wish::Say(
                        "This row is not there yet. Paste again in a moment.",
                    ));
                }
            }
        }
        true
    }

    fn clear(&mut self) {
        let Some(area) = self.table_area() else {
            self.wishes.push(Wish::Say(APART));
            return;
        };
        if area.column >= self.own {
            self.wishes.push(Wish::Say("Predictions can't be edited."));
            return;
        }
        let columns = area.columns.min(self.own - area.column);
        self.copied.ready = None;
        self.wishes.push(Wish::Clear(Area { columns, ..area }));
    }

    pub(super) fn select_rows(&mut self, from: u32, to: u32) {
        let last = self.bounds().columns.saturating_sub(1);
        self.selection = Selection {
            active: Cell {
                row: from,
                column: 0,
            },
            head: Cell {
                row: to,
                column: last,
            },
        };
    }

    pub(super) fn select_columns(&mut self, from: u32, to: u32) {
        let last = self.bounds().rows.saturating_sub(1);
        self.selection = Selection {
            active: Cell {
                row: 0,
                column: from,
            },
            head: Cell {
                row: last,
                column: to,
            },
        };
    }
}
