//! How a cell's text is edited: the field over it opens, waits for an input method, and is taken.

use super::core::Core;
use super::editor::{Editor, Opening};
use super::wish::Wish;

impl Core {
    /// Whether a cell is being edited.
    pub fn editing(&self) -> bool {
        self.editor.as_ref().is_some_and(|editor| !editor.ahead)
    }

    /// Opens the field over the active cell.
    pub fn edit(&mut self, replaces: bool) {
        if self.selection.active.column >= self.own {
            self.wishes.push(Wish::Say("Predictions can't be edited."));
        } else {
            self.open(replaces, false);
        }
    }

    /// Has a field wait over the active cell, where an input method is used.
    pub fn wait(&mut self) {
        let cell = self.selection.active;
        let waits = self
            .editor
            .as_ref()
            .is_some_and(|editor| editor.cell == cell);
        if !self.composes || self.editing() || waits {
            return;
        }
        let inside = self.document.active_element();
        let inside = inside.is_some_and(|element| self.pane.grid.contains(Some(&element)));
        if inside && cell.column < self.own {
            self.open(true, true);
        } else if self.editor.is_some() {
            self.finish(false);
            self.focus_grid();
        }
    }

    fn open(&mut self, replaces: bool, ahead: bool) {
        let cell = self.selection.active;
        if self.cache.row(cell.row).is_none() {
            return;
        }
        self.finish(false);
        if !ahead {
            self.show(cell);
        }
        let Some((row, _)) = self.cache.row(cell.row) else {
            return;
        };
        let column = usize::try_from(cell.column).unwrap_or(usize::MAX);
        let head = self.heads.get(column);
        let text = row.cells.get(column).map_or("", String::as_str);
        let mut label = format!(
            "{}, row {}",
            head.map_or("", |head| head.name.as_str()),
            row.source_row
        );
        if ahead {
            // The field itself is empty.
            label = format!("{label}: {text}");
        }
        let categories = head
            .and_then(|head| self.categories.get(head.input?))
            .map_or(&[][..], Vec::as_slice);
        let opening = Opening {
            cell,
            row: row.row,
            text,
            replaces,
            ahead,
            label: &label,
            categories,
            place: self.pane.cell_place(cell, &self.columns),
        };
        let left = &self.left_field;
        self.editor = Editor::open(&self.document, &self.pane.lane, &opening, left);
        // The way back out leads past the grid itself, which would hand the focus in again.
        self.tab_stop(self.editor.as_ref().is_none_or(|editor| !editor.ahead));
    }

    fn tab_stop(&self, stop: bool) {
        let index = if stop { "0" } else { "-1" };
        let _ = self.pane.grid.set_attribute("tabindex", index);
    }

    /// Ends the editing of a cell, and takes the text if it is to be taken.
    pub fn finish(&mut self, take: bool) {
        let Some(editor) = self.editor.take() else {
            return;
        };
        let text = editor.text();
        let (cell, row) = (editor.cell, editor.row);
        let changed = take && !editor.ahead && text != editor.before;
        editor.close();
        self.tab_stop(true);
        // It may be its own event that ends it.
        self.closed = Some(editor);
        if changed {
            let column = usize::try_from(cell.column).unwrap_or(usize::MAX);
            self.cache.patch(cell.row, |row| {
                if let Some(slot) = row.cells.get_mut(column) {
                    slot.clone_from(&text);
                }
            });
            self.copied.ready = None;
            self.wishes.push(Wish::Edit(row, cell.column, text));
        }
    }

    /// The field lost the focus: its text is taken, unless the person only looks at another window.
    pub fn left_field(&mut self) {
        if self.document.has_focus().unwrap_or(true) {
            self.finish(true);
        }
    }

    /// Gives the grid the focus, or the field that waits in it.
    pub fn focus(&mut self) {
        if self.editor.is_none() {
            self.focus_grid();
        }
        self.wait();
    }

    fn focus_grid(&self) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // It fails only outside the document.
        let _ = self.pane.grid.focus_with_options(&options);
    }
}
