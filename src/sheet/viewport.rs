//! Where rows and columns stand: from a scroll position to a row and back, exact for every row of a
//! table of any length. Knows nothing of the browser.

use std::ops::Range;

/// The height of a row in pixels.
pub const ROW: f64 = 28.0;

/// The most pixels that the scrolled space is high. Browsers cap an element's height (Firefox at
/// 17.9 million pixels); past this, the scroll bar stands for more rows than it has pixels.
pub const LONGEST: f64 = 15_000_000.0;

/// Which rows are seen. The position is a number of virtual pixels from the first row, which a double
/// holds exactly for any table; the scroll bar only stands for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Viewport {
    rows: u32,
    height: f64,
    top: f64,
}

impl Viewport {
    /// How many rows there are.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// How high the part is that is seen, in pixels.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// The virtual pixels above what is seen.
    pub fn top(&self) -> f64 {
        self.top
    }

    /// Changes how many rows there are and how high the part is that is seen. The first row that is
    /// seen stays where it is.
    pub fn resize(&mut self, rows: u32, height: f64) {
        self.rows = rows;
        self.height = height.max(0.0);
        self.top = self.top.clamp(0.0, self.last_top());
    }

    /// The height of the scrolled space in pixels.
    pub fn space(&self) -> f64 {
        self.content().min(LONGEST)
    }

    /// Whether the scroll bar stands for more rows than it has pixels.
    pub fn scaled(&self) -> bool {
        self.content() > LONGEST
    }

    /// Where the scroll bar belongs.
    pub fn bar(&self) -> f64 {
        if self.scaled() && self.last_top() > 0.0 {
            self.top / self.last_top() * self.last_bar()
        } else {
            self.top
        }
    }

    /// The scroll bar moved from `before` to `bar`. Where it stands for more rows than it has pixels,
    /// a step of less than what is seen is one of a finger or a wheel and moves by that many pixels; a
    /// longer one is a pull at the bar.
    pub fn scrolled(&mut self, before: f64, bar: f64) {
        let bar = bar.clamp(0.0, self.last_bar());
        let step = bar - before;
        let top = if !self.scaled() {
            bar
        } else if step.abs() <= self.height {
            self.top + step
        } else if self.last_bar() > 0.0 {
            bar / self.last_bar() * self.last_top()
        } else {
            0.0
        };
        self.top = top.clamp(0.0, self.last_top());
    }

    /// Moves by pixels, exactly.
    pub fn scroll_by(&mut self, pixels: f64) {
        self.top = (self.top + pixels).clamp(0.0, self.last_top());
    }

    /// Moves as little as possible so that a row is seen whole.
    pub fn show(&mut self, row: u32) {
        let from = f64::from(row) * ROW;
        let lowest = from + ROW - self.height;
        if from < self.top {
            self.top = from;
        } else if lowest > self.top {
            self.top = lowest;
        }
        self.top = self.top.clamp(0.0, self.last_top());
    }

    /// Moves so that a row stands a third down, unless it is seen already.
    pub fn show_amid(&mut self, row: u32) {
        let from = f64::from(row) * ROW;
        if from < self.top || from + ROW > self.top + self.height {
            self.top = (from - (self.height / 3.0)).clamp(0.0, self.last_top());
        }
    }

    /// The rows that are seen, if only in part.
    pub fn window(&self) -> Range<u32> {
        let first = whole(self.top / ROW).min(self.rows);
        let last = whole(((self.top + self.height) / ROW).ceil()).min(self.rows);
        first..last.max(first)
    }

    /// How many rows are seen whole; at least one.
    pub fn page(&self) -> u32 {
        whole(self.height / ROW).max(1)
    }

    /// The row at a height within what is seen; the nearest one above and below it.
    pub fn row_at(&self, y: f64) -> Option<u32> {
        let last = self.rows.checked_sub(1)?;
        Some(whole(((self.top + y) / ROW).max(0.0)).min(last))
    }

    fn content(&self) -> f64 {
        f64::from(self.rows) * ROW
    }

    fn last_top(&self) -> f64 {
        (self.content() - self.height).max(0.0)
    }

    fn last_bar(&self) -> f64 {
        (self.space() - self.height).max(0.0)
    }
}

/// A number of rows from one of pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no table has more rows than 32 bits count"
)]
fn whole(number: f64) -> u32 {
    number.floor() as u32
}

/// Where columns begin and end.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// The left edge of each column, and the right edge of the last.
    edges: Vec<f64>,
}

impl Default for Columns {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Columns {
    /// Columns of these widths.
    pub fn new(widths: &[f64]) -> Self {
        let mut edges = Vec::with_capacity(widths.len() + 1);
        let mut at = 0.0;
        edges.push(at);
        for width in widths {
            at += width;
            edges.push(at);
        }
        Self { edges }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.edges.len() - 1).unwrap_or(u32::MAX)
    }

    /// How wide they are together.
    pub fn total(&self) -> f64 {
        self.edges.last().copied().unwrap_or_default()
    }

    /// A column's left edge.
    pub fn left(&self, column: u32) -> f64 {
        self.edge(column)
    }

    /// A column's width.
    pub fn width(&self, column: u32) -> f64 {
        self.edge(column.saturating_add(1)) - self.edge(column)
    }

    /// The column at a distance from the left edge of the first; the nearest one beside it.
    pub fn at(&self, x: f64) -> Option<u32> {
        let last = self.count().checked_sub(1)?;
        let past = self.edges.partition_point(|edge| *edge <= x);
        let at = u32::try_from(past).unwrap_or(u32::MAX).saturating_sub(1);
        Some(at.min(last))
    }

    /// The columns that are seen, if only in part, when `left` pixels are scrolled away.
    pub fn window(&self, left: f64, width: f64) -> Range<u32> {
        match (self.at(left), self.at(left + width)) {
            (Some(first), Some(last)) => first..last + 1,
            _ => 0..0,
        }
    }

    /// How many pixels must be scrolled away, nearest to `left`, so that a column is seen whole, its
    /// beginning before its end.
    pub fn show(&self, column: u32, left: f64, width: f64) -> f64 {
        let (from, to) = (self.left(column), self.edge(column.saturating_add(1)));
        let left = if to > left + width { to - width } else { left };
        left.min(from).max(0.0)
    }

    fn edge(&self, index: u32) -> f64 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.edges
            .get(index)
            .copied()
            .unwrap_or_else(|| self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rows: u32, height: f64) -> Viewport {
        let mut viewport = Viewport::default();
        viewport.resize(rows, height);
        viewport
    }

    #[test]
    fn every_row_of_ten_million_is_reached_exactly() {
        let mut viewport = seen(10_000_000, 600.0);
        let mut row: u32 = 1;
        for _ in 0..1_000 {
            row = row.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let wanted = row % 10_000_000;
            viewport.show(wanted);
            let window = viewport.window();
            assert!(window.contains(&wanted), "{wanted} is not in {window:?}");
            let y = f64::from(wanted) * ROW - viewport.top();
            assert!(y >= 0.0 && y + ROW <= 600.0, "{wanted} is seen whole");
            assert_eq!(viewport.row_at(y), Some(wanted));
            assert_eq!(viewport.row_at(y + ROW - 0.5), Some(wanted));
        }
    }

    #[test]
    fn a_wheel_moves_ten_million_rows_by_its_pixels() {
        let mut viewport = seen(10_000_000, 600.0);
        viewport.show(7_654_321);
        let before = viewport.top();
        viewport.scroll_by(28.0);
        assert!((viewport.top() - before - 28.0).abs() < 1e-6);
        assert_eq!(viewport.window().end, 7_654_323);
        viewport.scroll_by(-28.0);
        assert!((viewport.top() - before).abs() < 1e-6);
    }

    #[test]
    fn the_bar_goes_from_the_first_row_to_the_last() {
        for rows in [10, 1_000, 535_714, 535_715, 10_000_000, u32::MAX] {
            let mut viewport = seen(rows, 560.0);
            let end = (viewport.space() - 560.0).max(0.0);
            viewport.scrolled(0.0, end);
            assert_eq!(viewport.window().end, rows, "{rows} rows");
            assert!((viewport.bar() - end).abs() < 1e-6, "{rows} rows");
            viewport.scrolled(end, 0.0);
            assert_eq!(viewport.window().start, 0, "{rows} rows");
        }
    }

    #[test]
    fn a_bar_that_stands_for_each_pixel_is_the_position() {
        let mut viewport = seen(100_000, 600.0);
        assert!(!viewport.scaled());
        viewport.scrolled(0.0, 1_234.5);
        assert!((viewport.top() - 1_234.5).abs() < f64::EPSILON);
        assert!((viewport.bar() - 1_234.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_finger_moves_a_scaled_bar_by_pixels_and_a_pull_by_share() {
        let mut viewport = seen(10_000_000, 600.0);
        viewport.scrolled(0.0, 100.0);
        assert!((viewport.top() - 100.0).abs() < f64::EPSILON);
        viewport.scrolled(100.0, 7_499_700.0);
        let middle = viewport.window().start;
        assert!(middle.abs_diff(5_000_000) < 30, "{middle}");
    }

    #[test]
    fn a_smaller_table_never_leaves_the_view_past_its_end() {
        let mut viewport = seen(1_000, 280.0);
        viewport.show(999);
        viewport.resize(12, 280.0);
        assert_eq!(viewport.window(), 2..12);
        viewport.resize(0, 280.0);
        assert_eq!(viewport.window(), 0..0);
        assert_eq!(viewport.row_at(5.0), None);
    }

    #[test]
    fn columns_are_found_by_their_edges() {
        let columns = Columns::new(&[100.0, 50.0, 200.0]);
        for (x, expected) in [
            (-5.0, 0),
            (0.0, 0),
            (99.9, 0),
            (100.0, 1),
            (149.0, 1),
            (900.0, 2),
        ] {
            assert_eq!(columns.at(x), Some(expected), "{x}");
        }
        assert_eq!(columns.window(120.0, 10.0), 1..2);
        assert_eq!(columns.window(120.0, 100.0), 1..3);
        assert!((columns.total() - 350.0).abs() < f64::EPSILON);
        assert_eq!(Columns::default().window(0.0, 100.0), 0..0);
    }

    #[test]
    fn a_column_is_shown_by_the_least_scrolling() {
        let columns = Columns::new(&[100.0, 100.0, 300.0]);
        for (column, left, expected) in [
            (0, 50.0, 0.0),
            (1, 0.0, 50.0),
            (1, 60.0, 60.0),
            (2, 0.0, 200.0),
        ] {
            let shown = columns.show(column, left, 150.0);
            assert!((shown - expected).abs() < f64::EPSILON, "{column}: {shown}");
        }
    }
}
