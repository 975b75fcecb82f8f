//! One recycled element of the grid, which touches the page only where something about it changed.

use super::head::Head;
use super::viewport::Columns;
use std::fmt::Write as _;
use web_sys::{Document, HtmlElement};

/// Nothing in particular.
pub const NONE: u16 = 0;
/// Set to the right.
pub const NUMERIC: u16 = 1;
/// An output of the model.
pub const OUTPUT: u16 = 2;
/// It can't be scored.
pub const BAD: u16 = 4;
/// Unusual.
pub const ODD: u16 = 8;
/// A prediction of what stood there before; a row that has such ones.
pub const STALE: u16 = 16;
/// Says why there is no prediction.
pub const NOTE: u16 = 32;
/// Not at hand yet.
pub const LOADING: u16 = 64;
/// A row that is scored.
pub const SCORED: u16 = 128;
/// A row that could not be scored.
pub const FAILED: u16 = 256;
/// A row that was left out.
pub const SKIPPED: u16 = 512;

/// The classes of the bits above, in their order.
const CLASSES: [&str; 10] = [
    " num", " out", " bad", " odd", " stale", " note", " loading", " scored", " failed", " skipped",
];

/// The most characters of a text that are shown in a cell.
const SHOWN: usize = 300;

/// How an element looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Its text.
    pub text: String,
    /// The bits above.
    pub class: u16,
    /// Whether it is selected.
    pub selected: bool,
    /// Whether it can't be scored.
    pub invalid: bool,
    /// What there is to say about it.
    pub words: String,
}

/// An element and what it shows.
pub struct Item {
    /// The element.
    pub node: HtmlElement,
    base: &'static str,
    look: Look,
    column: Option<u32>,
    hidden: bool,
    head: Option<(HeadNodes, Head)>,
}

/// The parts of a column's head.
struct HeadNodes {
    letters: HtmlElement,
    feeds: HtmlElement,
    name: HtmlElement,
}

/// A cell.
pub fn cell(document: &Document, line: &HtmlElement) -> Option<Item> {
    Item::new(document, line, "sheet-cell", "gridcell")
}

/// A row's number.
pub fn number(document: &Document, line: &HtmlElement) -> Option<Item> {
    let item = Item::new(document, line, "sheet-number", "rowheader")?;
    let _ = item.node.set_attribute("aria-colindex", "1");
    Some(item)
}

/// A column's head.
pub fn head(document: &Document, lane: &HtmlElement) -> Option<Item> {
    let mut item = Item::new(document, lane, "sheet-over", "columnheader")?;
    let nodes = HeadNodes {
        letters: make(document, "sheet-letters", None)?,
        feeds: make(document, "sheet-feeds", None)?,
        name: make(document, "sheet-name", None)?,
    };
    for node in [&nodes.letters, &nodes.feeds, &nodes.name] {
        item.node.append_child(node).ok()?;
    }
    item.head = Some((nodes, Head::default()));
    Some(item)
}

impl Item {
    fn new(
        document: &Document,
        parent: &HtmlElement,
        class: &'static str,
        role: &str,
    ) -> Option<Self> {
        let node = make(document, class, Some(role))?;
        parent.append_child(&node).ok()?;
        Some(Self {
            node,
            base: class,
            look: Look::default(),
            column: None,
            hidden: false,
            head: None,
        })
    }

    /// Puts it into a column.
    pub fn stand(&mut self, column: u32, columns: &Columns, relaid: bool) {
        if self.hidden {
            self.hidden = false;
            self.node.set_hidden(false);
        }
        if self.column != Some(column) {
            let index = u64::from(column) + 2;
            let _ = self.node.set_attribute("aria-colindex", &index.to_string());
        } else if !relaid {
            return;
        }
        self.column = Some(column);
        place(&self.node, "left", columns.left(column));
        place(&self.node, "width", columns.width(column));
    }

    /// Takes it out of sight.
    pub fn hide(&mut self) {
        if !self.hidden {
            self.hidden = true;
            self.node.set_hidden(true);
        }
    }

    /// It stands nowhere any more.
    pub fn forget(&mut self) {
        self.column = None;
    }

    /// Changes what of it differs.
    pub fn show(&mut self, look: &Look) {
        if self.look == *look {
            return;
        }
        if self.look.text != look.text {
            self.node.set_text_content(Some(&look.text));
        }
        if self.look.class != look.class {
            let mut class = self.base.to_owned();
            for (bit, name) in CLASSES.iter().enumerate() {
                if look.class & (1 << bit) != 0 {
                    // Writing into a string can't fail.
                    let _ = class.write_str(name);
                }
            }
            self.node.set_class_name(&class);
        }
        if self.look.selected != look.selected {
            self.attribute("aria-selected", look.selected.then_some("true"));
        }
        if self.look.invalid != look.invalid {
            self.attribute("aria-invalid", look.invalid.then_some("true"));
        }
        if self.look.words != look.words {
            let words = Some(look.words.as_str()).filter(|words| !words.is_empty());
            self.attribute("aria-description", words);
            self.attribute("title", words);
        }
        self.look = look.clone();
    }

    /// Shows a column's head.
    pub fn show_head(&mut self, over: &Head) {
        let Some((nodes, shown)) = &mut self.head else {
            return;
        };
        if shown == over {
            return;
        }
        nodes.letters.set_text_content(Some(&over.letters));
        nodes.feeds.set_text_content(Some(&over.feeds));
        nodes.name.set_text_content(Some(&over.name));
        let _ = nodes.name.set_attribute("title", &over.name);
        let class = match (over.output, over.feeds.is_empty()) {
            (true, _) => "sheet-over out",
            (false, true) => "sheet-over unused",
            (false, false) => "sheet-over",
        };
        self.node.set_class_name(class);
        *shown = over.clone();
    }

    fn attribute(&self, name: &str, value: Option<&str>) {
        // These fail only for a name that is none.
        let _ = match value {
            Some(value) => self.node.set_attribute(name, value),
            None => self.node.remove_attribute(name),
        };
    }
}

/// Makes an element.
pub fn make(document: &Document, class: &str, role: Option<&str>) -> Option<HtmlElement> {
    use wasm_bindgen::JsCast;
    let node: HtmlElement = document.create_element("div").ok()?.dyn_into().ok()?;
    node.set_class_name(class);
    if let Some(role) = role {
        node.set_attribute("role", role).ok()?;
    }
    Some(node)
}

/// Sets a length in pixels.
pub fn place(node: &HtmlElement, name: &str, pixels: f64) {
    // Setting a known property can't fail.
    let _ = node.style().set_property(name, &format!("{pixels}px"));
}

/// The beginning of a long text: a cell shows no more.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shortened("abc"), "abc");
        let long = "ä".repeat(400);
        assert_eq!(shortened(&long).chars().count(), 301);
        assert!(shortened(&long).ends_with('…'));
    }
}
