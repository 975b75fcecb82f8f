//! The state behind the spreadsheet page: what the worker said last, and what a person asked for.

use super::focus::keep_focus;
use super::model::spot_in_words;
use crate::sheet::{Active, Clip, Grid, Link, Wish};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use portico_tabular::protocol::{Format, How, Policy, Request, Spot, Start, State, View};
use web_sys::File;

/// How many findings are listed.
pub const LISTED: u32 = 200;

/// Something that a person has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether something went wrong.
    pub bad: bool,
    /// What.
    pub text: String,
}

/// The state.
#[derive(Clone, Copy)]
pub struct Sheet {
    link: StoredValue<Option<Link>, LocalStorage>,
    grid: StoredValue<Option<Grid>, LocalStorage>,
    start: StoredValue<Start>,
    /// How things stand.
    pub facts: RwSignal<State>,
    /// What is being opened, until something of it is there.
    pub opening: RwSignal<Option<String>>,
    /// Whether the worker could not be started at all.
    pub unreachable: RwSignal<bool>,
    /// What a person has to know.
    pub notice: RwSignal<Option<Notice>>,
    /// What a screen reader says next.
    pub spoken: RwSignal<String>,
    /// The active cell.
    pub active: RwSignal<Active>,
    /// What becomes of rows with errors.
    pub policy: RwSignal<Policy>,
    /// Whether a run went to its end, so that rows that wait were changed since.
    pub complete: RwSignal<bool>,
    /// The listed findings, while they are shown.
    pub findings: RwSignal<Option<Vec<Spot>>>,
    /// The file that is being made.
    pub making: RwSignal<Option<Making>>,
    /// How the table is to be read, where a person said so.
    pub how: RwSignal<How>,
    /// Whether the columns are shown.
    pub columns_open: RwSignal<bool>,
    /// What would lose edits or predictions, while a person is asked.
    pub losing: RwSignal<Option<Losing>>,
    /// Whether a row to go to is asked for.
    pub goto_open: RwSignal<bool>,
    /// The file that is opened if the person says so.
    next: StoredValue<Option<File>, LocalStorage>,
    /// Pieces of the file that is being made.
    pub(super) pieces: StoredValue<Vec<ArrayBuffer>, LocalStorage>,
    /// Where to go once all rows are shown.
    pub(super) pending: StoredValue<Option<Spot>>,
    /// Where the active cell was when rows were pasted or something was taken back, or where showing what
    /// changed has put it since: a change is shown to a person who is still there, and takes nobody along
    /// who has gone on.
    pub(super) acted_at: StoredValue<Option<(u32, u32)>>,
}

/// A file that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// The table with its predictions.
    Table(Format),
    /// The template.
    Template,
}

/// What would lose edits or predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losing {
    /// Closing the table.
    ByClosing,
    /// Opening the next one.
    ByNext,
}

impl Sheet {
    /// Starts the worker, by its script, for an endpoint.
    pub fn new(worker: String, start: Start) -> Self {
        let sheet = Self {
            link: StoredValue::new_local(None),
            grid: StoredValue::new_local(None),
            start: StoredValue::new(start.clone()),
            facts: RwSignal::new(State::default()),
            opening: RwSignal::new(None),
            unreachable: RwSignal::new(false),
            notice: RwSignal::new(None),
            spoken: RwSignal::new(String::new()),
            active: RwSignal::new(Active::default()),
            policy: RwSignal::new(Policy::default()),
            complete: RwSignal::new(false),
            findings: RwSignal::new(None),
            making: RwSignal::new(None),
            how: RwSignal::new(How::default()),
            columns_open: RwSignal::new(false),
            losing: RwSignal::new(None),
            goto_open: RwSignal::new(false),
            next: StoredValue::new_local(None),
            pieces: StoredValue::new_local(Vec::new()),
            pending: StoredValue::new(None),
            acted_at: StoredValue::new(None),
        };
        let link = Link::start(worker, Request::Start(Box::new(start)), move |heard| {
            sheet.hear(heard);
        });
        sheet.link.set_value(Some(link));
        sheet
    }

    /// The endpoint's facts.
    pub fn start(self) -> Start {
        self.start.get_value()
    }

    /// Whether there is a table, tracked.
    pub fn has_table(self) -> bool {
        self.facts.read().source.is_some()
    }

    /// Asks the worker.
    pub fn ask(self, request: &Request) {
        self.link.try_with_value(|link| {
            if let Some(link) = link {
                link.ask(request);
            }
        });
    }

    /// Opens a file; asks first where something would be lost.
    pub fn open(self, file: &File) {
        if self.would_lose() {
            self.next.set_value(Some(file.clone()));
            self.losing.set(Some(Losing::ByNext));
        } else {
            self.open_now(file);
        }
    }

    /// Lets go of the table; asks first where something would be lost.
    pub fn leave(self) {
        if self.would_lose() {
            self.losing.set(Some(Losing::ByClosing));
        } else {
            self.close();
        }
    }

    /// What was asked for is to be done, whatever is lost.
    pub fn lose(self) {
        match self.losing.get_untracked() {
            Some(Losing::ByClosing) => self.close(),
            Some(Losing::ByNext) => {
                let file = self.next.try_update_value(Option::take).flatten();
                if let Some(file) = file {
                    self.close();
                    self.open_now(&file);
                }
            }
            None => {}
        }
        self.losing.set(None);
    }

    /// Whether edits or predictions would go with the table.
    pub fn would_lose(self) -> bool {
        self.facts
            .with_untracked(|facts| facts.unsaved || facts.run.running)
    }

    fn open_now(self, file: &File) {
        let name = file.name();
        self.begin(name.clone());
        let request = Request::Open {
            name,
            how: How::default(),
        };
        self.link.try_with_value(|link| {
            if let Some(link) = link {
                link.ask_with_file(&request, file);
            }
        });
    }

    /// Takes pasted rows as the table.
    pub fn paste(self, clip: &Clip) {
        self.begin("the pasted rows".to_owned());
        let request = Request::Paste {
            how: How::default(),
        };
        self.ask_with_clip(&request, clip);
    }

    /// Takes the version's sample rows as the table.
    pub fn samples(self) {
        self.begin("the sample rows".to_owned());
        self.ask(&Request::Samples);
    }

    /// Reads the table again in another way.
    pub fn reread(self, change: impl FnOnce(&mut How)) {
        self.how.update(change);
        let how = self.how.get_untracked();
        self.complete.set(false);
        self.ask(&Request::Reread { how });
    }

    /// Calls off what is being read, or lets go of the table: another worker begins, so that nothing of
    /// the old one is waited for.
    pub fn close(self) {
        self.link.try_with_value(|link| {
            if let Some(link) = link {
                link.restart();
            }
        });
        self.reset();
        keep_focus("#batch-drop-title");
    }

    /// Tries to start the worker again.
    pub fn try_again(self) {
        self.unreachable.set(false);
        self.notice.set(None);
        self.close();
    }

    /// Goes to the next finding, or the one before.
    pub fn find(self, back: bool) {
        let facts = self.facts.read_untracked();
        if facts.source.is_none() {
            return;
        }
        if facts.errors == 0 && facts.marks == 0 {
            self.say("There is nothing to fix.");
            return;
        }
        let (row, column) = self.place();
        self.ask(&Request::Find { row, column, back });
    }

    /// Where the active cell is. A key may come before the frame that shows where the last one led.
    pub(super) fn place(self) -> (u32, u32) {
        let grid = self.grid.try_get_value().flatten();
        grid.and_then(|grid| grid.place()).unwrap_or_else(|| {
            let active = self.active.read_untracked();
            (active.row, active.column)
        })
    }

    /// Shows a finding, if need be among all rows.
    pub fn go_to_spot(self, spot: Spot) {
        let shown = {
            let facts = self.facts.read_untracked();
            let columns = &facts.columns;
            let index = usize::try_from(spot.column).unwrap_or(usize::MAX);
            let name = columns.get(index).map_or("", |column| column.name.as_str());
            self.say(&spot_in_words(&spot, name));
            if facts.view == View::All {
                Some(spot.row)
            } else {
                spot.position
            }
        };
        match shown {
            Some(position) => self.with_grid(|grid| grid.jump(position, spot.column)),
            None => {
                self.pending.set_value(Some(spot));
                self.ask(&Request::Filter { view: View::All });
            }
        }
    }

    /// Lists findings, or hides the list.
    pub fn list_findings(self, shown: bool) {
        if shown {
            self.findings.set(Some(Vec::new()));
            self.ask(&Request::Findings { count: LISTED });
        } else {
            self.findings.set(None);
        }
    }

    /// Takes the last act back.
    pub fn undo(self) {
        self.acted_at.set_value(Some(self.place()));
        self.ask(&Request::Undo);
    }

    /// Does again what was taken back.
    pub fn redo(self) {
        self.acted_at.set_value(Some(self.place()));
        self.ask(&Request::Redo);
    }

    /// Makes a file.
    pub fn make(self, making: Making) {
        if self.making.get_untracked().is_some() {
            return;
        }
        self.making.set(Some(making));
        self.pieces.set_value(Vec::new());
        self.ask(&match making {
            Making::Table(format) => Request::Export { format },
            Making::Template => Request::Template,
        });
    }

    /// Says something to a screen reader.
    pub fn say(self, text: &str) {
        // The same text twice in a row would be passed over in silence.
        let same = self.spoken.with_untracked(|spoken| spoken == text);
        let text = if same {
            format!("{text}\u{a0}")
        } else {
            text.to_owned()
        };
        self.spoken.try_set(text);
    }

    /// Lets the grid do something, if there is one.
    pub fn with_grid(self, act: impl FnOnce(&Grid)) {
        // A copy, so that the grid can speak to this state meanwhile.
        let grid = self.grid.try_get_value().flatten();
        if let Some(grid) = grid {
            act(&grid);
        }
    }

    /// The grid is there, or gone.
    pub fn set_grid(self, grid: Option<Grid>) {
        if let Some(grid) = &grid {
            grid.set_state(&self.facts.read_untracked());
        }
        self.grid.try_set_value(grid);
    }

    /// Does what the grid wants.
    pub fn wish(self, wish: Wish) {
        match wish {
            Wish::Rows(wanted) => self.ask(&Request::Rows {
                ticket: wanted.ticket,
                first: wanted.first,
                count: wanted.count,
            }),
            // What was typed or emptied is where the person was looking.
            Wish::Edit(row, column, text) => {
                self.acted_at.set_value(None);
                self.ask(&Request::Edit {
                    row,
                    column,
                    cells: vec![vec![text]],
                });
            }
            Wish::Clear(area) => {
                self.acted_at.set_value(None);
                self.ask(&Request::Clear { area });
            }
            Wish::Copy(area) => self.ask(&Request::Copy { area }),
            Wish::Paste(row, column, clip) => {
                self.acted_at.set_value(Some(self.place()));
                self.ask_with_clip(&Request::PasteAt { row, column }, &clip);
            }
            Wish::File(file) => self.open(&file),
            Wish::Undo => self.undo(),
            Wish::Redo => self.redo(),
            Wish::Find(back) => self.find(back),
            Wish::GoTo => self.goto_open.set(true),
            Wish::Active(active) => {
                self.active.try_set(active);
            }
            Wish::Say(text) => {
                self.notice.set(Some(Notice {
                    bad: false,
                    text: text.to_owned(),
                }));
            }
            Wish::NotCopied => self.fail("The browser did not let the page copy. Copy again."),
        }
    }

    fn ask_with_clip(self, request: &Request, clip: &Clip) {
        self.link.try_with_value(|link| {
            if let Some(link) = link {
                link.ask_with_clip(request, clip);
            }
        });
    }

    fn begin(self, name: String) {
        self.notice.set(None);
        self.how.set(How::default());
        self.complete.set(false);
        self.opening.set(Some(name));
    }

    pub(super) fn reset(self) {
        self.facts.try_set(State::default());
        self.opening.try_set(None);
        self.findings.try_set(None);
        self.making.try_set(None);
        self.complete.try_set(false);
        self.active.try_set(Active::default());
        self.pieces.try_set_value(Vec::new());
        self.pending.try_set_value(None);
        self.acted_at.try_set_value(None);
        self.with_grid(Grid::forget);
    }

    pub(super) fn fail(self, text: &str) {
        self.notice.try_set(Some(Notice {
            bad: true,
            text: text.to_owned(),
        }));
    }
}

/// The state of this page.
pub fn use_sheet() -> Sheet {
    expect_context()
}
