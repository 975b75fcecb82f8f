//! Which cells are selected, and where a step leads. Rows are positions in the view, so that a step
//! goes to the row that is seen next. Knows nothing of the browser.

use portico_tabular::protocol::Area;

/// A cell by its position in the view and its column; output columns come after the table's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The row's position in the view.
    pub row: u32,
    /// The column.
    pub column: u32,
}

/// A rectangle of cells: the active cell is one of its corners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The cell that is read, edited and pasted at.
    pub active: Cell,
    /// The opposite corner.
    pub head: Cell,
}

/// How far a table goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Its rows.
    pub rows: u32,
    /// Its columns, outputs included.
    pub columns: u32,
    /// How many rows a page has.
    pub page: u32,
}

/// A step over the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// One column to the left.
    Left,
    /// One column to the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first column.
    RowStart,
    /// To the last column.
    RowEnd,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// To the first cell.
    First,
    /// To the last cell.
    Last,
    /// To the next cell, at the end of a row to the next row.
    Next,
    /// To the cell before, at the beginning of a row to the row before.
    Back,
}

impl Cell {
    /// The cell that a step leads to; the same one at the end of the table.
    pub fn moved(self, step: Step, bounds: Bounds) -> Self {
        let last = Self {
            row: bounds.rows.saturating_sub(1),
            column: bounds.columns.saturating_sub(1),
        };
        let Self { row, column } = self;
        let at = |row: u32, column: u32| Self {
            row: row.min(last.row),
            column: column.min(last.column),
        };
        match step {
            Step::Up => at(row.saturating_sub(1), column),
            Step::Down => at(row.saturating_add(1), column),
            Step::Left => at(row, column.saturating_sub(1)),
            Step::Right => at(row, column.saturating_add(1)),
            Step::PageUp => at(row.saturating_sub(bounds.page), column),
            Step::PageDown => at(row.saturating_add(bounds.page), column),
            Step::RowStart => at(row, 0),
            Step::RowEnd => at(row, last.column),
            Step::Top => at(0, column),
            Step::Bottom => at(last.row, column),
            Step::First => at(0, 0),
            Step::Last => last,
            Step::Next if column < last.column => at(row, column + 1),
            Step::Next if row < last.row => at(row + 1, 0),
            Step::Back if column > 0 => at(row, column - 1),
            Step::Back if row > 0 => at(row - 1, last.column),
            Step::Next | Step::Back => at(row, column),
        }
    }
}

impl Selection {
    /// One cell.
    pub fn at(cell: Cell) -> Self {
        Self {
            active: cell,
            head: cell,
        }
    }

    /// The whole of a table.
    pub fn all(bounds: Bounds) -> Self {
        Self {
            active: Cell::default(),
            head: Cell::default().moved(Step::Last, bounds),
        }
    }

    /// Where a step leads: with the active cell, or with the opposite corner alone.
    pub fn stepped(self, step: Step, extend: bool, bounds: Bounds) -> Self {
        if extend {
            Self {
                head: self.head.moved(step, bounds),
                ..self
            }
        } else {
            Self::at(self.active.moved(step, bounds))
        }
    }

    /// The same within a table that became smaller.
    pub fn within(self, bounds: Bounds) -> Self {
        let kept = |cell: Cell| Cell {
            row: cell.row.min(bounds.rows.saturating_sub(1)),
            column: cell.column.min(bounds.columns.saturating_sub(1)),
        };
        Self {
            active: kept(self.active),
            head: kept(self.head),
        }
    }

    /// The rectangle, rows by position in the view.
    pub fn area(self) -> Area {
        let (top, bottom) = ordered(self.active.row, self.head.row);
        let (left, right) = ordered(self.active.column, self.head.column);
        Area {
            row: top,
            column: left,
            rows: (bottom - top).saturating_add(1),
            columns: (right - left).saturating_add(1),
        }
    }

    /// Whether a cell is in it.
    pub fn holds(self, cell: Cell) -> bool {
        let area = self.area();
        cell.row >= area.row
            && cell.row - area.row < area.rows
            && cell.column >= area.column
            && cell.column - area.column < area.columns
    }
}

fn ordered(a: u32, b: u32) -> (u32, u32) {
    if a <= b { (a, b) } else { (b, a) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        rows: 100,
        columns: 5,
        page: 20,
    };

    fn cell(row: u32, column: u32) -> Cell {
        Cell { row, column }
    }

    #[test]
    fn steps_stop_at_the_edges() {
        for (from, step, expected) in [
            (cell(0, 0), Step::Up, cell(0, 0)),
            (cell(0, 0), Step::Left, cell(0, 0)),
            (cell(99, 4), Step::Down, cell(99, 4)),
            (cell(99, 4), Step::Right, cell(99, 4)),
            (cell(50, 2), Step::Up, cell(49, 2)),
            (cell(50, 2), Step::PageDown, cell(70, 2)),
            (cell(90, 2), Step::PageDown, cell(99, 2)),
            (cell(5, 2), Step::PageUp, cell(0, 2)),
            (cell(50, 2), Step::RowStart, cell(50, 0)),
            (cell(50, 2), Step::RowEnd, cell(50, 4)),
            (cell(50, 2), Step::Top, cell(0, 2)),
            (cell(50, 2), Step::Bottom, cell(99, 2)),
            (cell(50, 2), Step::First, cell(0, 0)),
            (cell(50, 2), Step::Last, cell(99, 4)),
            (cell(50, 4), Step::Next, cell(51, 0)),
            (cell(99, 4), Step::Next, cell(99, 4)),
            (cell(50, 0), Step::Back, cell(49, 4)),
            (cell(0, 0), Step::Back, cell(0, 0)),
        ] {
            assert_eq!(from.moved(step, BOUNDS), expected, "{from:?} {step:?}");
        }
    }

    #[test]
    fn an_empty_table_has_one_place_to_be() {
        let bounds = Bounds::default();
        for step in [Step::Down, Step::Last, Step::Next, Step::PageDown] {
            assert_eq!(cell(0, 0).moved(step, bounds), cell(0, 0), "{step:?}");
        }
    }

    #[test]
    fn extending_keeps_the_active_cell() {
        let one = Selection::at(cell(10, 2));
        let two = one
            .stepped(Step::Down, true, BOUNDS)
            .stepped(Step::Left, true, BOUNDS);
        assert_eq!(two.active, cell(10, 2));
        let area = Area {
            row: 10,
            column: 1,
            rows: 2,
            columns: 2,
        };
        assert_eq!(two.area(), area);
        assert!(two.holds(cell(11, 1)) && !two.holds(cell(12, 1)) && !two.holds(cell(11, 3)));
        assert_eq!(
            two.stepped(Step::Right, false, BOUNDS),
            Selection::at(cell(10, 3))
        );
    }

    #[test]
    fn all_of_a_table_is_its_rectangle() {
        let area = Selection::all(BOUNDS).area();
        assert_eq!((area.rows, area.columns), (100, 5));
        let smaller = Bounds { rows: 3, ..BOUNDS };
        assert_eq!(Selection::all(BOUNDS).within(smaller).area().rows, 3);
    }
}
