//! The grid's elements: a few dozen lines and their cells, made once and used again for whatever rows
//! and columns are seen. Text goes in as text, never as HTML. Knows nothing of keys and the worker.

use super::cache::Cache;
use super::head::Head;
use super::item::{self, Item, make, place};
use super::look::{look, number_look};
use super::selection::{Cell, Selection};
use super::viewport::{Columns, ROW, Viewport};
use std::ops::Range;
use web_sys::{Document, HtmlElement};

/// The height of the head in pixels.
pub const HEAD: f64 = 44.0;

/// Rows further apart than this from the lane's own origin would be placed imprecisely.
const REACH: u32 = 2_000;

/// What is to be seen.
pub struct Scene<'a> {
    /// Which rows.
    pub viewport: &'a Viewport,
    /// Where columns stand.
    pub columns: &'a Columns,
    /// What stands over them.
    pub heads: &'a [Head],
    /// How many columns are the table's own.
    pub own: u32,
    /// Pixels scrolled away on the left.
    pub left: f64,
    /// Width of the part that shows columns.
    pub width: f64,
    /// Width of the row numbers.
    pub numbers: f64,
    /// The rows at hand.
    pub cache: &'a Cache,
    /// What is selected.
    pub selection: Selection,
    /// Changes with anything that all cells depend on: heads, widths.
    pub layout: u32,
}

/// The most lines that are made in one frame, and the most that get their first texts in one. A frame is
/// a task that the page waits for: a whole window of both would be too long a one on a busy machine.
const LINES_AT_ONCE: usize = 8;

/// A line of cells.
struct Line {
    node: HtmlElement,
    number: Item,
    cells: Vec<Item>,
    /// Whether it never showed a row's texts.
    fresh: bool,
    /// The row that it shows, by position.
    row: Option<u32>,
    /// The origin that it is placed from.
    base: u32,
    hidden: bool,
}

/// The grid's elements.
pub struct Pane {
    document: Document,
    /// What has the focus and scrolls.
    pub grid: HtmlElement,
    space: HtmlElement,
    pane: HtmlElement,
    head_lane: HtmlElement,
    /// What all lines stand in; the editor's field as well.
    pub lane: HtmlElement,
    range: HtmlElement,
    mark: HtmlElement,
    heads: Vec<Item>,
    lines: Vec<Line>,
    slots: u32,
    base: u32,
    layout: u32,
    size: (f64, f64),
    active: Option<HtmlElement>,
}

impl Pane {
    /// Makes the elements and puts them into `host`.
    pub fn new(document: &Document, host: &HtmlElement, label: &str) -> Option<Self> {
        let grid = make(document, "sheet-grid", Some("grid"))?;
        let space = make(document, "sheet-space", Some("presentation"))?;
        let pane = make(document, "sheet-pane", Some("presentation"))?;
        let head = make(document, "sheet-head", Some("row"))?;
        let head_lane = make(document, "sheet-head-lane", Some("presentation"))?;
        let corner = make(document, "sheet-corner", Some("columnheader"))?;
        let body = make(document, "sheet-body", Some("presentation"))?;
        let lane = make(document, "sheet-lane", Some("presentation"))?;
        let range = make(document, "sheet-range", None)?;
        let mark = make(document, "sheet-mark", None)?;
        let set = |node: &HtmlElement, name: &str, value: &str| {
            // Setting an attribute fails only for a name that is none.
            let _ = node.set_attribute(name, value);
        };
        set(&grid, "tabindex", "0");
        set(&grid, "aria-label", label);
        set(&grid, "aria-multiselectable", "true");
        set(&head, "aria-rowindex", "1");
        set(&corner, "aria-colindex", "1");
        corner.set_text_content(Some("Row"));
        for node in [&range, &mark] {
            set(node, "aria-hidden", "true");
        }
        for (parent, child) in [
            (&head, &corner),
            (&head, &head_lane),
            (&lane, &range),
            (&lane, &mark),
            (&body, &lane),
            (&pane, &head),
            (&pane, &body),
            (&space, &pane),
            (&grid, &space),
            (host, &grid),
        ] {
            parent.append_child(child).ok()?;
        }
        Some(Self {
            document: document.clone(),
            grid,
            space,
            pane,
            head_lane,
            lane,
            range,
            mark,
            heads: Vec::new(),
            lines: Vec::new(),
            slots: 0,
            base: 0,
            layout: u32::MAX,
            size: (-1.0, -1.0),
            active: None,
        })
    }

    /// Takes the elements away.
    pub fn remove(&self) {
        self.grid.remove();
    }

    /// The size of what is seen of rows and columns, row numbers included, in pixels.
    pub fn seen(&self) -> (f64, f64) {
        (
            f64::from(self.grid.client_width()),
            f64::from(self.grid.client_height()) - HEAD,
        )
    }

    /// The place of what is seen in the window.
    pub fn rect(&self) -> web_sys::DomRect {
        self.pane.get_bounding_client_rect()
    }

    /// Gives the pane the size of what is seen.
    pub fn fit(&self) {
        let (width, height) = self.seen();
        place(&self.pane, "width", width);
        place(&self.pane, "height", (height + HEAD).max(0.0));
    }

    /// Shows a scene. Answers whether it is shown whole: if not, the next frame has to go on.
    pub fn paint(&mut self, scene: &Scene<'_>) -> bool {
        let size = (
            scene.columns.total() + scene.numbers,
            scene.viewport.space() + HEAD,
        );
        if size != self.size {
            self.size = size;
            place(&self.space, "width", size.0);
            place(&self.space, "height", size.1);
        }
        let rows = scene.viewport.window();
        let columns = scene.columns.window(scene.left, scene.width);
        let columns = columns.start.saturating_sub(1)..(columns.end + 1).min(scene.columns.count());
        self.grow(&rows, &columns);
        if rows.start < self.base || rows.start - self.base > REACH {
            self.base = rows.start.saturating_sub(REACH / 2);
        }
        let relaid = self.layout != scene.layout;
        self.layout = scene.layout;
        self.shift(scene);
        self.paint_heads(scene, &columns, relaid);
        let all = self.paint_lines(scene, &rows, &columns, relaid);
        self.paint_selection(scene, &rows);
        all
    }

    /// Where a cell stands in the lane: left, top, width.
    pub fn cell_place(&self, cell: Cell, columns: &Columns) -> (f64, f64, f64) {
        let top = (f64::from(cell.row) - f64::from(self.base)) * ROW;
        (columns.left(cell.column), top, columns.width(cell.column))
    }

    /// Makes as many lines and cells as are seen at once, or some of them.
    fn grow(&mut self, rows: &Range<u32>, columns: &Range<u32>) {
        let count = columns.end - columns.start;
        if count > self.slots {
            self.slots = count.next_multiple_of(8);
            let slots = usize::try_from(self.slots).unwrap_or_default();
            for index in self.heads.len()..slots {
                self.heads
                    .extend(item::head(&self.document, &self.head_lane));
                debug_assert!(index < self.heads.len());
            }
            for line in &mut self.lines {
                fill(&self.document, line, slots);
            }
        }
        let slots = usize::try_from(self.slots).unwrap_or_default();
        let wanted = usize::try_from(rows.end - rows.start).unwrap_or_default();
        if wanted <= self.lines.len() {
            return;
        }
        let most = self.lines.len() + LINES_AT_ONCE;
        while self.lines.len() < wanted.next_multiple_of(4).min(most) {
            let Some(node) = make(&self.document, "sheet-line", Some("row")) else {
                return;
            };
            let Some(number) = item::number(&self.document, &node) else {
                return;
            };
            if self.lane.insert_before(&node, Some(&self.range)).is_err() {
                return;
            }
            let mut line = Line {
                node,
                number,
                cells: Vec::new(),
                fresh: true,
                row: None,
                base: 0,
                hidden: false,
            };
            fill(&self.document, &mut line, slots);
            self.lines.push(line);
        }
        // Which line shows which row depends on how many there are.
        for line in &mut self.lines {
            line.row = None;
        }
    }

    /// Moves the lanes to where the scene is scrolled to.
    fn shift(&self, scene: &Scene<'_>) {
        let x = scene.numbers - scene.left;
        let y = f64::from(self.base) * ROW - scene.viewport.top();
        let set = |node: &HtmlElement, name: &str, value: &str| {
            let _ = node.style().set_property(name, value);
        };
        set(&self.lane, "transform", &format!("translate({x}px,{y}px)"));
        set(&self.head_lane, "transform", &format!("translateX({x}px)"));
        set(&self.pane, "--sheet-back", &format!("{}px", -x));
        set(
            &self.pane,
            "--sheet-numbers",
            &format!("{}px", scene.numbers),
        );
    }

    fn paint_heads(&mut self, scene: &Scene<'_>, columns: &Range<u32>, relaid: bool) {
        for (slot, head) in self.heads.iter_mut().enumerate() {
            let Some(column) = in_slot(columns, slot, self.slots) else {
                head.hide();
                continue;
            };
            head.stand(column, scene.columns, relaid);
            if let Some(over) = index(column).and_then(|index| scene.heads.get(index)) {
                head.show_head(over);
            }
        }
    }

    fn paint_lines(
        &mut self,
        scene: &Scene<'_>,
        rows: &Range<u32>,
        columns: &Range<u32>,
        relaid: bool,
    ) -> bool {
        let count = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let mut all = rows.end - rows.start <= count;
        let mut texts = LINES_AT_ONCE;
        let mut active = None;
        for (slot, line) in self.lines.iter_mut().enumerate() {
            let Some(row) = in_slot(rows, slot, count) else {
                line.hide();
                continue;
            };
            line.stand(row, self.base);
            let mut known = scene.cache.row(row).map(|(row, _)| row);
            if known.is_some() && line.fresh {
                if texts == 0 {
                    known = None;
                    all = false;
                } else {
                    texts -= 1;
                    line.fresh = false;
                }
            }
            line.number.show(&number_look(known));
            for (slot, cell) in line.cells.iter_mut().enumerate() {
                let Some(column) = in_slot(columns, slot, self.slots) else {
                    cell.hide();
                    continue;
                };
                cell.stand(column, scene.columns, relaid);
                let at = Cell { row, column };
                cell.show(&look(known, at, scene));
                if at == scene.selection.active {
                    active = Some((cell.node.clone(), at));
                }
            }
        }
        self.name_active(active);
        all
    }

    /// Only the active cell has an id: the grid points to it.
    fn name_active(&mut self, active: Option<(HtmlElement, Cell)>) {
        let id = active
            .as_ref()
            .map(|(_, at)| format!("sheet-cell-{}-{}", at.row, at.column));
        if let Some(before) = self.active.take() {
            let same = active
                .as_ref()
                .is_some_and(|(node, _)| *node == before && Some(before.id()) == id);
            if !same {
                for name in ["id", "aria-errormessage", "aria-describedby"] {
                    let _ = before.remove_attribute(name);
                }
            }
        }
        match (active, id) {
            (Some((node, _)), Some(id)) => {
                node.set_id(&id);
                // The line under the grid says what is wrong with it.
                for name in ["aria-errormessage", "aria-describedby"] {
                    let _ = if node.has_attribute("aria-invalid") {
                        node.set_attribute(name, "sheet-words")
                    } else {
                        node.remove_attribute(name)
                    };
                }
                let _ = self.grid.set_attribute("aria-activedescendant", &id);
                self.active = Some(node);
            }
            _ => {
                let _ = self.grid.remove_attribute("aria-activedescendant");
            }
        }
    }

    fn paint_selection(&self, scene: &Scene<'_>, rows: &Range<u32>) {
        let area = scene.selection.area();
        let one = area.rows == 1 && area.columns == 1;
        let last = area.row.saturating_add(area.rows);
        let seen = area.row.max(rows.start)..last.min(rows.end);
        let from = scene.columns.left(area.column).max(scene.left);
        let to = scene
            .columns
            .left(area.column.saturating_add(area.columns))
            .min(scene.left + scene.width + 4.0);
        let shown = !one && seen.start < seen.end && from < to;
        self.range.set_hidden(!shown);
        if shown {
            // An edge that is scrolled away stands just outside of what is seen.
            let top = if area.row < rows.start { -4.0 } else { 0.0 };
            let bottom = if last > rows.end { 4.0 } else { 0.0 };
            self.frame(
                &self.range,
                (from, to),
                (self.y(seen.start) + top, self.y(seen.end) + bottom),
            );
        }
        let Cell { row, column } = scene.selection.active;
        let from = scene.columns.left(column).max(scene.left);
        let to = scene.columns.left(column) + scene.columns.width(column);
        let shown = rows.contains(&row) && from < to;
        self.mark.set_hidden(!shown);
        if shown {
            self.frame(&self.mark, (from, to), (self.y(row), self.y(row) + ROW));
        }
    }

    fn y(&self, row: u32) -> f64 {
        (f64::from(row) - f64::from(self.base)) * ROW
    }

    fn frame(&self, node: &HtmlElement, x: (f64, f64), y: (f64, f64)) {
        place(node, "left", x.0);
        place(node, "width", x.1 - x.0);
        place(node, "top", y.0);
        place(node, "height", y.1 - y.0);
    }
}

impl Line {
    fn hide(&mut self) {
        if !self.hidden {
            self.hidden = true;
            self.node.set_hidden(true);
        }
    }

    fn stand(&mut self, row: u32, base: u32) {
        if self.hidden {
            self.hidden = false;
            self.node.set_hidden(false);
        }
        if self.row == Some(row) && self.base == base {
            return;
        }
        if self.row != Some(row) {
            let index = u64::from(row) + 2;
            let _ = self.node.set_attribute("aria-rowindex", &index.to_string());
        }
        self.row = Some(row);
        self.base = base;
        let y = (f64::from(row) - f64::from(base)) * ROW;
        let _ = self
            .node
            .style()
            .set_property("transform", &format!("translateY({y}px)"));
    }
}

fn fill(document: &Document, line: &mut Line, slots: usize) {
    for cell in &mut line.cells {
        cell.forget();
    }
    while line.cells.len() < slots {
        let Some(cell) = item::cell(document, &line.node) else {
            return;
        };
        line.cells.push(cell);
    }
}

/// The one of a range that belongs in a slot, so that one that is seen before and after a scroll keeps
/// its element.
fn in_slot(range: &Range<u32>, slot: usize, slots: u32) -> Option<u32> {
    let slot = u32::try_from(slot).ok()?;
    let slots = slots.max(1);
    let ahead = (slot + slots - range.start % slots) % slots;
    let at = range.start.checked_add(ahead)?;
    range.contains(&at).then_some(at)
}

fn index(column: u32) -> Option<usize> {
    usize::try_from(column).ok()
}

#[cfg(test)]
mod tests {
    use super::in_slot;

    #[test]
    fn each_row_of_a_window_has_one_slot_and_keeps_it() {
        for start in [0, 1, 7, 39, 40, 41, 1_000_003] {
            let range = start..start + 38;
            let mut seen: Vec<u32> = (0..40)
                .filter_map(|slot| in_slot(&range, slot, 40))
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, range.collect::<Vec<u32>>());
        }
        let slot_of = |range: std::ops::Range<u32>, row: u32| {
            (0..40).find(|slot| in_slot(&range, *slot, 40) == Some(row))
        };
        assert_eq!(slot_of(100..138, 120), slot_of(101..139, 120));
    }
}
