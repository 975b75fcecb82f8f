//! What keys, pointer and clipboard do to the grid's state.

use super::clipboard::{self, Pasted};
use super::core::{Core, Drag, Purpose, Wish};
use super::keyboard::{self, Act, End, Press};
use super::pane::HEAD;
use super::selection::{Cell, Selection, Step};
use super::viewport::ROW;
use super::worker::Clip;
use js_sys::JsString;
use portico_tabular::protocol::{Area, View};
use web_sys::{ClipboardEvent, KeyboardEvent, Node, PointerEvent, WheelEvent};

/// How near to a column's edge the pointer takes hold of it.
const GRIP: f64 = 5.0;

const APART: &str = "These rows do not stand together in the table. Show all rows, then try again.";

/// Where the pointer is.
enum Spot {
    Corner,
    Over(u32),
    Grip(u32),
    Number(u32),
    Cell(Cell),
}

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

    /// The pointer went down. Whether it was taken.
    pub fn press(&mut self, event: &PointerEvent) -> bool {
        if event.button() != 0 || self.in_field(event.target()) {
            return false;
        }
        let at = self.place_of(event.client_x(), event.client_y());
        let Some(spot) = self.spot(at) else {
            return false;
        };
        self.finish(true);
        self.leaving = false;
        self.seeking = None;
        self.pointer = at;
        let extend = event.shift_key();
        self.drag = match spot {
            Spot::Corner => {
                self.selection = Selection::all(self.bounds());
                None
            }
            Spot::Grip(column) => {
                let width = self.columns.width(column);
                Some(Drag::Width(column, at.0, width))
            }
            Spot::Over(column) => {
                let from = if extend {
                    self.selection.active.column
                } else {
                    column
                };
                self.select_columns(from, column);
                Some(Drag::Columns)
            }
            Spot::Number(row) => {
                let from = if extend {
                    self.selection.active.row
                } else {
                    row
                };
                self.select_rows(from, row);
                Some(Drag::Rows)
            }
            Spot::Cell(cell) => {
                if extend {
                    self.selection.head = cell;
                } else {
                    self.selection = Selection::at(cell);
                }
                Some(Drag::Cells)
            }
        };
        // A finger scrolls; only its tap selects.
        if event.pointer_type() == "touch" {
            self.drag = None;
            return false;
        }
        if self.drag.is_some() {
            // It fails only for a pointer that is gone by now.
            let _ = self.pane.grid.set_pointer_capture(event.pointer_id());
        }
        self.focus();
        true
    }

    /// The pointer moved.
    pub fn moved(&mut self, event: &PointerEvent) {
        if self.drag.is_some() {
            self.pointer = self.place_of(event.client_x(), event.client_y());
        }
    }

    /// What a drag does in each frame: selects up to the pointer, and scrolls where it is outside.
    pub(super) fn drag_on(&mut self) {
        let Some(drag) = self.drag else {
            return;
        };
        let (x, y) = self.pointer;
        if let Drag::Width(column, from, width) = drag {
            self.set_width(column, width + x - from);
            return;
        }
        let out = |at: f64, from: f64, to: f64| {
            if at < from {
                (at - from).max(-ROW * 2.0)
            } else if at > to {
                (at - to).min(ROW * 2.0)
            } else {
                0.0
            }
        };
        let over_x = out(x, self.numbers, self.numbers + self.width);
        let over_y = out(y, HEAD, HEAD + self.viewport.height());
        let by = (
            if drag == Drag::Rows { 0.0 } else { over_x },
            if drag == Drag::Columns { 0.0 } else { over_y },
        );
        if by != (0.0, 0.0) {
            self.scroll_by(by.0, by.1);
        }
        let Some(cell) = self.nearest(x, y) else {
            return;
        };
        match drag {
            Drag::Cells => self.selection.head = cell,
            Drag::Rows => self.selection.head.row = cell.row,
            Drag::Columns => self.selection.head.column = cell.column,
            Drag::Width(..) => {}
        }
    }

    /// The wheel turned. Whether it was taken: the browser turns it where the scroll bar stands for
    /// each pixel.
    pub fn wheel(&mut self, event: &WheelEvent) -> bool {
        if !self.viewport.scaled() || event.ctrl_key() {
            return false;
        }
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => ROW,
            WheelEvent::DOM_DELTA_PAGE => self.viewport.height(),
            _ => 1.0,
        };
        let before = self.viewport.top();
        self.scroll_by(event.delta_x() * unit, event.delta_y() * unit);
        (self.viewport.top() - before).abs() > 0.0 || event.delta_x() != 0.0
    }

    /// Somebody copies or cuts. Whether the event is to be kept from the browser.
    pub fn copy(&mut self, event: &ClipboardEvent, cut: bool) -> bool {
        if self.editing() {
            return false;
        }
        let area = self.selection.area();
        match &self.copied.ready {
            Some((there, clip)) if *there == area => {
                if !clipboard::put(event, clip) {
                    self.wishes.push(Wish::NotCopied);
                }
            }
            _ => {
                self.copied.asked.push_back((area, Purpose::Copy));
                self.wishes.push(Wish::Copy(area));
            }
        }
        if cut {
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

    /// What was asked for is not copied, and nothing comes.
    pub fn not_copied(&mut self) {
        self.copied.asked.pop_front();
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
                } else if let Some(row) = self.cache.row(at.row).map(|(row, _)| row.row) {
                    self.copied.ready = None;
                    self.wishes.push(Wish::Paste(row, at.column, clip));
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

    fn select_rows(&mut self, from: u32, to: u32) {
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

    fn select_columns(&mut self, from: u32, to: u32) {
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

    /// Whether an event is one of the field.
    pub fn in_field(&self, target: Option<web_sys::EventTarget>) -> bool {
        use wasm_bindgen::JsCast;
        let node = target.and_then(|target| target.dyn_into::<Node>().ok());
        match (&self.editor, node) {
            (Some(editor), Some(node)) => editor.is(&node),
            _ => false,
        }
    }

    fn place_of(&self, x: i32, y: i32) -> (f64, f64) {
        let rect = self.pane.rect();
        (f64::from(x) - rect.left(), f64::from(y) - rect.top())
    }

    fn spot(&self, (x, y): (f64, f64)) -> Option<Spot> {
        let (right, bottom) = (self.numbers + self.width, HEAD + self.viewport.height());
        if x < 0.0 || y < 0.0 || x > right || y > bottom {
            return None;
        }
        let across = x - self.numbers + self.left;
        if y < HEAD {
            if x < self.numbers {
                return Some(Spot::Corner);
            }
            let column = self.columns.at(across)?;
            let end = self.columns.left(column) + self.columns.width(column);
            if end - across <= GRIP {
                return Some(Spot::Grip(column));
            }
            if across - self.columns.left(column) <= GRIP && column > 0 {
                return Some(Spot::Grip(column - 1));
            }
            return (across <= self.columns.total()).then_some(Spot::Over(column));
        }
        let past = (self.viewport.top() + y - HEAD) / ROW >= f64::from(self.viewport.rows());
        let row = self.viewport.row_at(y - HEAD).filter(|_| !past)?;
        if x < self.numbers {
            return Some(Spot::Number(row));
        }
        let column = self.columns.at(across)?;
        (across <= self.columns.total()).then_some(Spot::Cell(Cell { row, column }))
    }

    fn nearest(&self, x: f64, y: f64) -> Option<Cell> {
        let x = x.clamp(self.numbers, self.numbers + self.width);
        let y = y.clamp(HEAD, HEAD + self.viewport.height() - 1.0);
        Some(Cell {
            row: self.viewport.row_at(y - HEAD)?,
            column: self.columns.at(x - self.numbers + self.left)?,
        })
    }
}
