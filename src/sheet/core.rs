//! The grid's state: what is seen, selected and edited, and what is to be asked of the page. The
//! listeners of `grid` change it; a frame shows it.

use super::cache::Cache;
use super::editor::Editor;
use super::head::{self, Head};
use super::pane::{Pane, Scene};
use super::selection::{Bounds, Cell, Selection, Step};
use super::viewport::{Columns, Viewport};
use super::wish::{Active, Copied, Drag, Wish};
use portico_tabular::protocol::{Area, Row, SourceFacts, State, View};
use std::rc::Rc;
use web_sys::{Document, HtmlElement};

/// The state.
pub struct Core {
    pub(super) document: Document,
    pub(super) pane: Pane,
    pub(super) viewport: Viewport,
    pub(super) columns: Columns,
    pub(super) widths: Vec<f64>,
    pub(super) heads: Vec<Head>,
    pub(super) own: u32,
    pub(super) left: f64,
    pub(super) width: f64,
    pub(super) numbers: f64,
    pub(super) cache: Cache,
    pub(super) selection: Selection,
    pub(super) editor: Option<Editor>,
    pub(super) drag: Option<Drag>,
    /// Where the pointer was last, while it drags.
    pub(super) pointer: (f64, f64),
    pub(super) copied: Copied,
    pub(super) view: View,
    /// Whether an input method is used: then a field waits over the active cell, because a field that is
    /// opened by the first key comes too late for what that key begins to compose.
    pub(super) composes: bool,
    /// What a field calls that loses the focus.
    pub(super) left_field: Rc<dyn Fn()>,
    /// Whether the next Tab leaves the grid.
    pub(super) leaving: bool,
    pub(super) wishes: Vec<Wish>,
    /// What the source calls the row that is looked for, and how often it was looked for.
    pub(super) seeking: Option<(u32, u32)>,
    layout: u32,
    /// Where the scroll bar was last.
    bar: f64,
    /// Whether the scroll bar has to follow.
    follow: bool,
    /// Whether widths are of rows that were seen.
    measured: bool,
    pub(super) source: Option<SourceFacts>,
    pub(super) categories: Vec<Vec<String>>,
    pub(super) told: Option<Active>,
    /// The editor before.
    pub(super) closed: Option<Editor>,
    /// Whether the grid was out of the page, where it forgets how far it is scrolled.
    away: bool,
    /// The width of what is seen, row numbers included.
    seen: f64,
    /// Where the scroll bar of the columns was put last.
    pushed: i32,
}

impl Core {
    /// An empty grid in `host`.
    pub fn new(
        document: &Document,
        host: &HtmlElement,
        label: &str,
        categories: Vec<Vec<String>>,
    ) -> Option<Self> {
        Some(Self {
            document: document.clone(),
            pane: Pane::new(document, host, label)?,
            viewport: Viewport::default(),
            columns: Columns::default(),
            widths: Vec::new(),
            heads: Vec::new(),
            own: 0,
            left: 0.0,
            width: 0.0,
            numbers: 48.0,
            cache: Cache::default(),
            selection: Selection::default(),
            editor: None,
            drag: None,
            pointer: (0.0, 0.0),
            copied: Copied::default(),
            view: View::All,
            composes: false,
            left_field: Rc::new(|| ()),
            leaving: false,
            wishes: Vec::new(),
            seeking: None,
            layout: 0,
            bar: 0.0,
            follow: false,
            measured: false,
            source: None,
            categories,
            told: None,
            closed: None,
            away: true,
            seen: 0.0,
            pushed: 0,
        })
    }

    /// Takes over how things stand.
    pub fn set_state(&mut self, state: &State) {
        let other = !same_table(self.source.as_ref(), state.source.as_ref());
        if other || self.view != state.view {
            self.cache.clear();
            self.copied.ready = None;
            self.selection = Selection::default();
            self.viewport.scroll_by(-self.viewport.top());
            self.follow = true;
        }
        if other {
            self.editor = None;
            self.widths.clear();
            self.measured = false;
            self.left = 0.0;
        }
        self.source.clone_from(&state.source);
        self.view = state.view;
        self.own = u32::try_from(state.columns.len()).unwrap_or(u32::MAX);
        let heads = head::heads(state);
        if heads != self.heads {
            self.heads = heads;
            self.lay_out();
        }
        self.cache.age();
        self.resize(state.shown);
    }

    /// Takes rows in.
    pub fn take_rows(&mut self, ticket: u32, first: u32, total: u32, rows: Vec<Row>) {
        if !self.cache.take(ticket, first, rows) {
            return;
        }
        if !self.measured && self.cache.row(0).is_some() {
            self.measured = true;
            self.widths.clear();
            self.lay_out();
        }
        if total != self.viewport.rows() {
            self.resize(total);
        }
    }

    /// Takes over how large the part is that is seen, row numbers included and the head not. None of it
    /// is seen while the grid is out of the page, where it also forgets how far it is scrolled.
    pub fn fit(&mut self) {
        let (width, height) = self.pane.seen();
        self.away = height <= 0.0;
        if self.away {
            return;
        }
        if self.seen > 0.0 {
            self.bar = f64::NAN;
            self.pushed = -1;
        }
        self.follow = true;
        self.seen = width;
        self.width = (width - self.numbers).max(0.0);
        self.viewport.resize(self.viewport.rows(), height);
        self.pane.fit();
    }

    /// Puts a column's width in place of the one that it had.
    pub fn set_width(&mut self, column: u32, width: f64) {
        let slot = usize::try_from(column)
            .ok()
            .and_then(|column| self.widths.get_mut(column));
        if let Some(slot) = slot {
            *slot = width.clamp(head::NARROWEST / 2.0, 1_200.0).round();
            self.columns = Columns::new(&self.widths);
            self.layout = self.layout.wrapping_add(1);
        }
    }

    /// Shows how things stand, and asks for what is missing. Answers whether another frame is needed.
    pub fn frame(&mut self) -> bool {
        if self.away {
            return false;
        }
        if !self.follow {
            let bar = f64::from(self.pane.grid.scroll_top());
            if (bar - self.bar).abs() > 0.5 {
                self.viewport.scrolled(self.bar, bar);
                self.bar = bar;
            }
            self.pushed = self.pane.grid.scroll_left();
            self.left = f64::from(self.pushed);
        }
        self.drag_on();
        self.wait();
        let all = self.pane.paint(&Scene {
            viewport: &self.viewport,
            columns: &self.columns,
            heads: &self.heads,
            own: self.own,
            left: self.left,
            width: self.width,
            numbers: self.numbers,
            cache: &self.cache,
            selection: self.selection,
            layout: self.layout,
        });
        if let Some(editor) = &mut self.editor {
            let (x, y, _) = self.pane.cell_place(editor.cell, &self.columns);
            editor.stand(x, y);
        }
        if self.follow {
            self.follow = false;
            self.scroll();
        }
        let rows = self.viewport.window();
        if let Some(wanted) = self
            .cache
            .want(&rows, self.viewport.rows(), self.heads.len())
        {
            self.wishes.push(Wish::Rows(wanted));
        }
        self.seek();
        self.fetch_ahead();
        self.tell_active();
        !all || self.drag.is_some()
    }

    /// Has the scroll bars follow. Nothing is asked of the page where they stand there already: it would
    /// have to lay itself out for the answer.
    fn scroll(&mut self) {
        let bar = pixels(self.viewport.bar());
        if (f64::from(bar) - self.bar).abs() > 0.5 || self.bar.is_nan() {
            self.pane.grid.set_scroll_top(bar);
            self.bar = f64::from(self.pane.grid.scroll_top());
        }
        let left = pixels(self.left);
        if self.pushed != left {
            self.pushed = left;
            self.pane.grid.set_scroll_left(left);
        }
    }

    /// How far the table goes.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            rows: self.viewport.rows(),
            columns: self.columns.count(),
            page: self.viewport.page().saturating_sub(1).max(1),
        }
    }

    /// Selects, and scrolls so that the moving corner is seen.
    pub fn select(&mut self, selection: Selection) {
        self.selection = selection.within(self.bounds());
        self.show(self.selection.head);
    }

    /// Goes a step.
    pub fn go(&mut self, step: Step, extend: bool) {
        self.select(self.selection.stepped(step, extend, self.bounds()));
    }

    /// Goes to a cell and puts it amid what is seen.
    pub fn jump(&mut self, cell: Cell) {
        self.selection = Selection::at(cell).within(self.bounds());
        self.viewport.show_amid(self.selection.active.row);
        self.show(self.selection.active);
    }

    /// Selects an area that changed, and puts it amid what is seen.
    pub fn look_at(&mut self, area: Area) {
        let corner = |row: u32, column: u32| Cell { row, column };
        let changed = Selection {
            active: corner(area.row, area.column),
            head: corner(
                area.row.saturating_add(area.rows.saturating_sub(1)),
                area.column.saturating_add(area.columns.saturating_sub(1)),
            ),
        };
        self.selection = changed.within(self.bounds());
        self.viewport.show_amid(area.row);
        self.show(self.selection.active);
    }

    /// Scrolls by pixels.
    pub fn scroll_by(&mut self, x: f64, y: f64) {
        self.viewport.scroll_by(y);
        self.left = (self.left + x).clamp(0.0, (self.columns.total() - self.width).max(0.0));
        self.follow = true;
    }

    /// The selected area with rows by their number in the table; none if rows that the view does not
    /// show stand between them.
    pub fn table_area(&self) -> Option<Area> {
        let area = self.selection.area();
        let first = self.table_row(area.row)?;
        let last = self.table_row(area.row.checked_add(area.rows)?.checked_sub(1)?)?;
        (last.checked_sub(first)? == area.rows - 1).then_some(Area { row: first, ..area })
    }

    /// The number in the table of the row at a position; none if the worker has yet to tell.
    pub(super) fn table_row(&self, position: u32) -> Option<u32> {
        match self.view {
            View::All => Some(position),
            View::Findings | View::Failed => self.cache.row(position).map(|(row, _)| row.row),
        }
    }

    pub(super) fn show(&mut self, cell: Cell) {
        self.viewport.show(cell.row);
        self.left = self.columns.show(cell.column, self.left, self.width);
        self.follow = true;
    }

    fn resize(&mut self, rows: u32) {
        self.viewport.resize(rows, self.viewport.height());
        if self.viewport.scaled() {
            self.follow = true;
        }
        self.selection = self.selection.within(self.bounds());
        let grid = &self.pane.grid;
        let count = |node: &HtmlElement, name: &str, count: u64| {
            let _ = node.set_attribute(name, &count.to_string());
        };
        count(grid, "aria-rowcount", u64::from(rows) + 1);
        count(grid, "aria-colcount", u64::from(self.columns.count()) + 1);
    }

    fn lay_out(&mut self) {
        let own = usize::try_from(self.own).unwrap_or(usize::MAX);
        let known = self.widths.len().min(self.heads.len());
        self.widths.truncate(known);
        for (index, head) in self.heads.iter().enumerate().skip(known) {
            self.widths.push(head::width(head, index, own, &self.cache));
        }
        self.columns = Columns::new(&self.widths);
        self.layout = self.layout.wrapping_add(1);
        let digits = self.viewport.rows().max(999).to_string().len();
        let digits = u32::try_from(digits).unwrap_or(10);
        self.numbers = f64::from(digits) * 8.0 + 32.0;
        self.width = (self.seen - self.numbers).max(0.0);
    }
}

/// Whether a state is of the same table, read in the same way.
fn same_table(a: Option<&SourceFacts>, b: Option<&SourceFacts>) -> bool {
    let key = |source: &SourceFacts| {
        (
            source.name.clone(),
            source.kind.clone(),
            source.encoding.clone(),
            source.delimiter,
            source.header,
            source.sheet,
        )
    };
    a.map(key) == b.map(key)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths on a page are far below what 32 bits hold, and the cast saturates"
)]
fn pixels(length: f64) -> i32 {
    length.round() as i32
}
