//! The field over a cell while its text is edited.

use super::item::{make, place};
use super::listen::Listener;
use super::selection::Cell;
use super::viewport::ROW;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement, HtmlInputElement, HtmlOptionElement, HtmlTextAreaElement};

/// The most categories that are offered: a longer list helps nobody.
const OFFERED: usize = 500;

/// What is edited.
pub struct Editor {
    /// The cell.
    pub cell: Cell,
    /// Its row, by number in the table.
    pub row: u32,
    /// What stood in it.
    pub before: String,
    /// Whether typing replaces its text; arrows end it then.
    pub replaces: bool,
    /// Whether nothing is typed yet: the field is not seen, and only waits for what an input method
    /// composes.
    pub ahead: bool,
    place: (f64, f64),
    field: Field,
    /// What the field stands in: a cell of a row, as whatever is in a grid.
    around: HtmlElement,
    blur: Listener,
}

enum Field {
    Line(HtmlInputElement),
    /// Only here do line breaks survive.
    Lines(HtmlTextAreaElement),
}

/// What a field is opened with.
pub struct Opening<'a> {
    /// The cell.
    pub cell: Cell,
    /// Its row, by number in the table.
    pub row: u32,
    /// What stands in it.
    pub text: &'a str,
    /// Whether typing replaces it.
    pub replaces: bool,
    /// Whether the field only waits.
    pub ahead: bool,
    /// What the field is called.
    pub label: &'a str,
    /// What it can be filled with.
    pub categories: &'a [String],
    /// Where the cell stands in the lane: left, top, width.
    pub place: (f64, f64, f64),
}

impl Editor {
    /// Opens a field in `lane` and gives it the focus at once, so that the key that opened it arrives
    /// in it. `left` is called when it loses the focus.
    pub fn open(
        document: &Document,
        lane: &HtmlElement,
        opening: &Opening<'_>,
        left: &Rc<dyn Fn()>,
    ) -> Option<Self> {
        let many = opening.text.contains(['\n', '\r']) && !opening.replaces;
        let node = document
            .create_element(if many { "textarea" } else { "input" })
            .ok()?;
        for (name, value) in [
            ("class", class(opening.ahead)),
            ("aria-label", opening.label),
            ("autocomplete", "off"),
            ("autocapitalize", "none"),
            ("spellcheck", "false"),
        ] {
            node.set_attribute(name, value).ok()?;
        }
        let around = make(document, "sheet-editing", Some("row"))?;
        let cell = make(document, "", Some("gridcell"))?;
        for (node, name, index) in [
            (&around, "aria-rowindex", opening.cell.row),
            (&cell, "aria-colindex", opening.cell.column),
        ] {
            let index = u64::from(index) + 2;
            node.set_attribute(name, &index.to_string()).ok()?;
        }
        around.append_child(&cell).ok()?;
        if !many && !opening.categories.is_empty() {
            let list = categories(document, opening.categories)?;
            cell.append_child(&list).ok()?;
            node.set_attribute("list", "sheet-categories").ok()?;
        }
        let (x, y, width) = opening.place;
        if let Some(node) = node.dyn_ref::<HtmlElement>() {
            place(node, "left", x);
            place(node, "top", y);
            place(node, "width", width.max(120.0));
            place(node, "height", if many { ROW * 4.0 } else { ROW });
        }
        cell.append_child(&node).ok()?;
        lane.append_child(&around).ok()?;
        let left = Rc::clone(left);
        let blur = Listener::new(&node, "blur", move |_: web_sys::Event| left());
        let field = match node.dyn_into::<HtmlInputElement>() {
            Ok(line) => Field::Line(line),
            Err(node) => Field::Lines(node.dyn_into().ok()?),
        };
        let editor = Self {
            cell: opening.cell,
            row: opening.row,
            before: opening.text.to_owned(),
            replaces: opening.replaces,
            ahead: opening.ahead,
            place: (x, y),
            field,
            around,
            blur,
        };
        let text = if opening.replaces { "" } else { opening.text };
        editor.start(text);
        Some(editor)
    }

    /// What stands in the field.
    pub fn text(&self) -> String {
        match &self.field {
            Field::Line(field) => field.value(),
            Field::Lines(field) => field.value(),
        }
    }

    /// From now on arrows move within the text.
    pub fn keep(&mut self) {
        self.replaces = false;
    }

    /// Something is typed: from now on the field is seen.
    pub fn wake(&mut self) {
        if std::mem::take(&mut self.ahead) {
            self.element().set_class_name(class(false));
        }
    }

    /// Puts the field where its cell stands now.
    pub fn stand(&mut self, x: f64, y: f64) {
        if self.place != (x, y) {
            self.place = (x, y);
            place(self.element(), "left", x);
            place(self.element(), "top", y);
        }
    }

    /// Whether a node is the field.
    pub fn is(&self, node: &web_sys::Node) -> bool {
        self.element().is_same_node(Some(node))
    }

    fn element(&self) -> &HtmlElement {
        match &self.field {
            Field::Line(field) => field,
            Field::Lines(field) => field,
        }
    }

    /// Takes the field away. An editor that is closed because its field lost the focus must be kept
    /// until that event is over.
    pub fn close(&self) {
        // First of all: a field that is taken away loses the focus, which is no news.
        self.blur.stop();
        self.around.remove();
    }

    fn start(&self, text: &str) {
        let end = u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
        match &self.field {
            Field::Line(field) => {
                field.set_value(text);
                // Focusing fails only outside the document; selecting only for other kinds of input.
                let _ = field.focus();
                let _ = field.set_selection_range(end, end);
            }
            Field::Lines(field) => {
                field.set_value(text);
                let _ = field.focus();
                let _ = field.set_selection_range(end, end);
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.close();
    }
}

fn class(ahead: bool) -> &'static str {
    if ahead {
        "sheet-field ahead"
    } else {
        "sheet-field"
    }
}

fn categories(document: &Document, categories: &[String]) -> Option<HtmlElement> {
    let list: HtmlElement = document.create_element("datalist").ok()?.dyn_into().ok()?;
    list.set_id("sheet-categories");
    for category in categories.iter().take(OFFERED) {
        let option: HtmlOptionElement = document.create_element("option").ok()?.dyn_into().ok()?;
        option.set_value(category);
        list.append_child(&option).ok()?;
    }
    Some(list)
}
