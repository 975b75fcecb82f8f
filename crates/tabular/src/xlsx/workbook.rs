//! The parts of a workbook and how they hang together: sheets, their order and whether they are shown.

use super::budget::{Package, damaged};
use super::part::{Budget, Part};
use super::xml::{Token, Xml};
use crate::refusal::Refusal;
use std::collections::HashMap;

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetFacts {
    /// Its name.
    pub name: String,
    /// Whether it is shown.
    pub shown: Shown,
}

/// Whether a sheet is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is.
    Visible,
    /// It is hidden, and a person can show it.
    Hidden,
    /// It is hidden, and only a program can show it.
    VeryHidden,
}

/// Where the parts are.
#[derive(Debug, Default)]
pub(super) struct Workbook {
    /// Worksheets; charts and macro sheets hold no cells and are left out.
    pub sheets: Vec<SheetFacts>,
    /// Their parts.
    pub parts: Vec<String>,
    /// The part of the shared texts.
    pub strings: Option<String>,
    /// The part of the cell formats.
    pub styles: Option<String>,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    /// Whether the file asks for all formulas to be calculated anew.
    pub recalculate: bool,
    /// How many bytes were unpacked.
    pub unpacked: u64,
}

impl Workbook {
    /// Reads how a workbook hangs together.
    pub(super) fn read(bytes: &[u8], package: &Package) -> Result<Self, Refusal> {
        let mut spent = 0;
        let root = relations(bytes, package, "_rels/.rels", "", &mut spent)?
            .into_values()
            .find(|relation| relation.kind == "officeDocument")
            .map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        if package.entry(&root).is_none() {
            return Err(not_a_workbook(package));
        }
        if root.ends_with(".bin") {
            return Err(Refusal::new(
                "binary_workbook",
                "This is a binary workbook (.xlsb). Save it as .xlsx or CSV.",
            ));
        }
        let (folder, file) = root.rsplit_once('/').unwrap_or(("", &root));
        let listed = format!("{folder}/_rels/{file}.rels");
        let relations = relations(bytes, package, &listed, folder, &mut spent)?;
        let part = |kind: &str, name: &str| {
            let named = relations.values().find(|relation| relation.kind == kind);
            let usual = format!("{folder}/{name}");
            named
                .map(|relation| relation.target.clone())
                .or(Some(usual))
                .filter(|name| package.entry(name).is_some())
        };
        let mut workbook = Self {
            strings: part("sharedStrings", "sharedStrings.xml"),
            styles: part("styles", "styles.xml"),
            ..Self::default()
        };
        workbook.read_sheets(bytes, package, &root, &relations, &mut spent)?;
        workbook.unpacked = spent;
        Ok(workbook)
    }

    fn read_sheets(
        &mut self,
        bytes: &[u8],
        package: &Package,
        root: &str,
        relations: &HashMap<String, Relation>,
        spent: &mut u64,
    ) -> Result<(), Refusal> {
        let mut xml = open(bytes, package, root, Budget::workbook(*spent))?;
        loop {
            match xml.next()? {
                Token::Open(tag) if tag.name == b"workbookPr" => {
                    self.from_1904 |= tag.flag("date1904");
                }
                Token::Open(tag) if tag.name == b"calcPr" => {
                    self.recalculate |= tag.flag("fullCalcOnLoad");
                }
                Token::Open(tag) if tag.name == b"sheet" => {
                    let Some(relation) = tag.text("id").and_then(|id| relations.get(&id)) else {
                        continue;
                    };
                    if relation.kind != "worksheet" || package.entry(&relation.target).is_none() {
                        continue;
                    }
                    self.sheets.push(SheetFacts {
                        name: tag.text("name").unwrap_or_default(),
                        shown: match tag.attribute("state") {
                            Some(b"hidden") => Shown::Hidden,
                            Some(b"veryHidden") => Shown::VeryHidden,
                            _ => Shown::Visible,
                        },
                    });
                    self.parts.push(relation.target.clone());
                }
                Token::End => break,
                _ => {}
            }
        }
        *spent += xml.unpacked();
        if self.sheets.is_empty() {
            return Err(Refusal::new(
                "workbook_empty",
                "This workbook has no sheet with cells.",
            ));
        }
        Ok(())
    }
}

/// Begins to read a part.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    package: &'a Package,
    name: &str,
    budget: Budget,
) -> Result<Xml<'a>, Refusal> {
    let entry = package
        .entry(name)
        .ok_or_else(|| damaged(&format!("its part {name:?} is missing")))?;
    Ok(Xml::new(Part::open(bytes, entry, budget)?))
}

/// What a part refers to.
#[derive(Debug)]
struct Relation {
    /// The last word of its type, such as `worksheet`.
    kind: String,
    /// The part's name.
    target: String,
}

/// What the parts of a folder refer to, by id. Nothing, when the list is missing.
fn relations(
    bytes: &[u8],
    package: &Package,
    name: &str,
    folder: &str,
    spent: &mut u64,
) -> Result<HashMap<String, Relation>, Refusal> {
    let mut relations = HashMap::new();
    if package.entry(name).is_none() {
        return Ok(relations);
    }
    let mut xml = open(bytes, package, name, Budget::workbook(*spent))?;
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == b"Relationship" => {
                let (Some(id), Some(kind), Some(target)) =
                    (tag.text("Id"), tag.text("Type"), tag.text("Target"))
                else {
                    continue;
                };
                if tag.attribute("TargetMode") == Some(b"External") {
                    continue;
                }
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let target = resolve(folder, &target);
                relations.insert(id, Relation { kind, target });
            }
            Token::End => break,
            _ => {}
        }
    }
    *spent += xml.unpacked();
    Ok(relations)
}

/// The name of a part that is referred to from a folder.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            _ => steps.push(step),
        }
    }
    steps.join("/")
}

fn not_a_workbook(package: &Package) -> Refusal {
    if package.entry("content.xml").is_some() {
        return Refusal::new(
            "opendocument",
            "This is an OpenDocument file. Save the sheet as .xlsx or CSV.",
        );
    }
    if package.entry("word/document.xml").is_some()
        || package.entry("ppt/presentation.xml").is_some()
    {
        return Refusal::new(
            "not_a_workbook",
            "This is a document or a presentation, not a workbook.",
        );
    }
    Refusal::new(
        "not_a_workbook",
        "This is a ZIP file, not a workbook. Unpack it and choose the table in it.",
    )
}
