//! What a key does in the grid: Excel's keys. Knows nothing of the browser.

use super::selection::Step;

/// A key as it is pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Press<'a> {
    /// Its name as browsers give it, such as `ArrowUp` or `a`.
    pub key: &'a str,
    /// Ctrl, or the command key of a Mac.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Go a step; with the other corner of the selection alone if it extends.
    Go(Step, bool),
    /// Edit the active cell's text.
    Edit,
    /// Replace the active cell's text by what is typed; the key itself still has to arrive.
    Replace,
    /// Empty the selected cells.
    Clear,
    /// Select everything.
    All,
    /// Select the rows of the selection.
    Rows,
    /// Select the columns of the selection.
    Columns,
    /// Take the last act back.
    Undo,
    /// Do it again.
    Redo,
    /// Ask for a row to go to.
    GoTo,
    /// To the next finding.
    NextFinding,
    /// To the finding before.
    PreviousFinding,
    /// Leave what is under way.
    Escape,
}

/// What a key does while no cell is edited; nothing if it is the browser's.
pub fn act(press: Press<'_>) -> Option<Act> {
    let Press {
        key,
        ctrl,
        shift,
        alt,
    } = press;
    if alt {
        return None;
    }
    let go = |step| Some(Act::Go(step, shift));
    match (key, ctrl) {
        ("ArrowUp", false) => go(Step::Up),
        ("ArrowDown", false) => go(Step::Down),
        ("ArrowLeft", false) => go(Step::Left),
        ("ArrowRight", false) => go(Step::Right),
        ("ArrowUp", true) => go(Step::Top),
        ("ArrowDown", true) => go(Step::Bottom),
        ("ArrowLeft", true) | ("Home", false) => go(Step::RowStart),
        ("ArrowRight", true) | ("End", false) => go(Step::RowEnd),
        ("Home", true) => go(Step::First),
        ("End", true) => go(Step::Last),
        ("PageUp", false) => go(Step::PageUp),
        ("PageDown", false) => go(Step::PageDown),
        ("Tab", false) => Some(Act::Go(if shift { Step::Back } else { Step::Next }, false)),
        ("Enter", false) => Some(Act::Go(if shift { Step::Up } else { Step::Down }, false)),
        ("F2", false) => Some(Act::Edit),
        ("F8", false) if shift => Some(Act::PreviousFinding),
        ("F8", false) => Some(Act::NextFinding),
        ("Delete" | "Backspace", false) => Some(Act::Clear),
        ("Escape", false) => Some(Act::Escape),
        (" ", false) if shift => Some(Act::Rows),
        (" ", true) => Some(Act::Columns),
        ("a" | "A", true) if !shift => Some(Act::All),
        ("z" | "Z", true) if shift => Some(Act::Redo),
        ("z" | "Z", true) => Some(Act::Undo),
        ("y" | "Y", true) => Some(Act::Redo),
        ("g" | "G", true) => Some(Act::GoTo),
        // An input method begins: what it composes replaces the text.
        ("Process", false) => Some(Act::Replace),
        (key, false) if key.chars().count() == 1 => Some(Act::Replace),
        _ => None,
    }
}

/// How the editing of a cell ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The text is taken, and the active cell goes a step.
    Take(Option<Step>),
    /// The text is dropped.
    Drop,
}

/// What a key does while a cell is edited; nothing if it is the field's. Where typing `replaces` a
/// cell's text, arrows end it, as they do in Excel.
pub fn end(press: Press<'_>, replaces: bool) -> Option<End> {
    let Press {
        key,
        ctrl,
        shift,
        alt,
    } = press;
    let take = |step| Some(End::Take(Some(step)));
    match key {
        "Enter" if alt || ctrl => None,
        "Enter" => take(if shift { Step::Up } else { Step::Down }),
        "Tab" if !ctrl && !alt => take(if shift { Step::Back } else { Step::Next }),
        "Escape" => Some(End::Drop),
        "F8" => Some(End::Take(None)),
        _ if !replaces || ctrl || shift || alt => None,
        "ArrowUp" => take(Step::Up),
        "ArrowDown" => take(Step::Down),
        "ArrowLeft" => take(Step::Left),
        "ArrowRight" => take(Step::Right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(keys: &str) -> Press<'_> {
        let mut press = Press::default();
        let mut rest = keys;
        loop {
            if let Some(after) = rest.strip_prefix("Ctrl+") {
                press.ctrl = true;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("Shift+") {
                press.shift = true;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("Alt+") {
                press.alt = true;
                rest = after;
            } else {
                press.key = rest;
                return press;
            }
        }
    }

    #[test]
    fn keys_do_what_they_do_in_excel() {
        for (keys, expected) in [
            ("ArrowUp", Some(Act::Go(Step::Up, false))),
            ("Shift+ArrowRight", Some(Act::Go(Step::Right, true))),
            ("Ctrl+ArrowDown", Some(Act::Go(Step::Bottom, false))),
            ("Ctrl+Shift+End", Some(Act::Go(Step::Last, true))),
            ("Home", Some(Act::Go(Step::RowStart, false))),
            ("Ctrl+Home", Some(Act::Go(Step::First, false))),
            ("PageDown", Some(Act::Go(Step::PageDown, false))),
            ("Tab", Some(Act::Go(Step::Next, false))),
            ("Shift+Tab", Some(Act::Go(Step::Back, false))),
            ("Enter", Some(Act::Go(Step::Down, false))),
            ("Shift+Enter", Some(Act::Go(Step::Up, false))),
            ("F2", Some(Act::Edit)),
            ("F8", Some(Act::NextFinding)),
            ("Shift+F8", Some(Act::PreviousFinding)),
            ("Delete", Some(Act::Clear)),
            ("Escape", Some(Act::Escape)),
            ("Ctrl+a", Some(Act::All)),
            ("Ctrl+z", Some(Act::Undo)),
            ("Ctrl+Shift+Z", Some(Act::Redo)),
            ("Ctrl+y", Some(Act::Redo)),
            ("Ctrl+g", Some(Act::GoTo)),
            ("Shift+ ", Some(Act::Rows)),
            ("Ctrl+ ", Some(Act::Columns)),
            ("7", Some(Act::Replace)),
            ("ä", Some(Act::Replace)),
            ("Process", Some(Act::Replace)),
            ("Ctrl+c", None),
            ("Ctrl+v", None),
            ("Ctrl+x", None),
            ("Ctrl+r", None),
            ("F5", None),
            ("Shift", None),
            ("Alt+ArrowLeft", None),
        ] {
            assert_eq!(act(press(keys)), expected, "{keys}");
        }
    }

    #[test]
    fn a_field_keeps_its_own_keys() {
        for (keys, replaces, expected) in [
            ("Enter", false, Some(End::Take(Some(Step::Down)))),
            ("Shift+Enter", false, Some(End::Take(Some(Step::Up)))),
            ("Alt+Enter", false, None),
            ("Tab", false, Some(End::Take(Some(Step::Next)))),
            ("Escape", true, Some(End::Drop)),
            ("F8", false, Some(End::Take(None))),
            ("ArrowLeft", false, None),
            ("ArrowLeft", true, Some(End::Take(Some(Step::Left)))),
            ("Shift+ArrowLeft", true, None),
            ("a", true, None),
        ] {
            assert_eq!(end(press(keys), replaces), expected, "{keys}");
        }
    }
}
