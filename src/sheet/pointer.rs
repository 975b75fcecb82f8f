//! What the pointer and the wheel do to the grid's state.

use super::core::Core;
use super::pane::HEAD;
use super::selection::{Cell, Selection};
use super::viewport::ROW;
use super::wish::Drag;
use web_sys::{Node, PointerEvent, WheelEvent};

/// How near to a column's edge the pointer takes hold of it.
const GRIP: f64 = 5.0;

/// Where the pointer is.
enum Spot {
    Corner,
    Over(u32),
    Grip(u32),
    Number(u32),
    Cell(Cell),
}

impl Core {
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
