//! What the page that publishes says.

pub const STEPS: [&str; 4] = ["Upload", "Check", "Describe", "Publish"];
pub const STEPS_LABEL: &str = "Steps";

pub const DROP_TITLE: &str = "Drop a model here";
pub const DROP_TEXT: &str = "One .onnx file, or a package: a .zip with manifest.json, the .onnx files and sample rows. Nothing is published before you press Publish.";
pub const CHOOSE: &str = "Choose file";
pub const CHOOSE_OTHER: &str = "Choose another file";
pub const FILE: &str = "Model or package";
pub const HOW: &str = "From Python, or from a terminal";
pub const HOW_TEXT: &str = "A fitted scikit-learn, LightGBM or XGBoost pipeline is published in one call by the Python package portico, which writes the expected outputs as well. On the server, a folder or a zip is published by:";

pub const UNDER_WAY: &str = "Drafts under way";
pub const CONTINUE: &str = "Continue";
pub const DISCARD: &str = "Discard draft";
pub const DISCARD_TEXT: &str =
    "The uploaded file and all that was typed about it go. What is published already stays.";
pub const CANCEL: &str = "Cancel";

pub const REFUSED_TITLE: &str = "This file was refused";
pub const REFUSED_NEXT: &str = "Nothing was published and nothing of the file was kept. Mend what is named, then upload it again.";
pub const PUBLISHED: &str = "This draft is published.";

pub const ABOUT: &str = "What it is";
pub const NAME: &str = "Name";
pub const NAME_HINT: &str = "What customers see, such as Churn or House prices.";
pub const DESCRIPTION: &str = "Description";
pub const DESCRIPTION_HINT: &str = "What it predicts, and from what.";
pub const NOTES: &str = "Notes for customers";
pub const NOTES_HINT: &str = "What this version brings. They read it before they move to it.";

pub const STAGES: &str = "Models";
pub const STAGES_TEXT: &str = "They run in this order. What is replaceable, an endpoint may run with a model of its own, and keeps it through updates.";
pub const REPLACEABLE: &str = "Endpoints may replace";
pub const RESOURCE: &str = "Its name";
pub const TAKES: &str = "Takes";
pub const GIVES: &str = "Gives";

pub const INPUTS: &str = "Input columns";
pub const INPUTS_TEXT: &str = "What callers send. A range or categories are shown in forms and spreadsheets; the model has the last word.";
pub const PASTE: &str = "Paste column names";
pub const PASTE_TITLE: &str = "Column names";
pub const PASTE_HINT: &str =
    "In the order of the training table: one a line, or apart by commas or tabs.";
pub const PASTE_ACT: &str = "Name the columns";
pub const COLUMN: &str = "Column";
pub const TYPE: &str = "Type";
pub const MISSING: &str = "May be missing";
pub const MIN: &str = "Lowest";
pub const MAX: &str = "Highest";
pub const CATEGORIES: &str = "Categories";
pub const CATEGORIES_PLACE: &str = "a, b, c";
pub const MEANING: &str = "Meaning";

pub const OUTPUTS: &str = "Output columns";
pub const OUTPUTS_TEXT: &str = "What answers add, after the input columns.";
pub const TENSOR: &str = "From";
pub const KIND: &str = "Tells";
pub const CLASS: &str = "Of class";

pub const PARAMETERS: &str = "Global parameters";
pub const PARAMETERS_TEXT: &str = "A call may set them; without a default it has to.";
pub const DEFAULT: &str = "Default";
pub const IN_SAMPLES: &str = "For sample rows";
pub const BY_DEFAULT: &str = "the default";
pub const REQUIRED: &str = "required";

pub const SAMPLES: &str = "Sample rows";
pub const SAMPLES_TEXT: &str =
    "Callers see them as examples, and they are scored whenever the version is checked.";
pub const SAMPLES_MADE_UP: &str = "These rows were made up from the columns. Put real values in, so that the scores mean something.";
pub const SAMPLES_CAME: &str = "These rows came with the package.";
pub const SAMPLES_EXPECTED: &str = "Changing them drops the outputs that were expected of them.";
pub const SAMPLES_REST: &str = "Changing them drops those that are not shown here.";
pub const SAMPLES_UNLOCK: &str = "Change them";
pub const PREVIEW: &str = "Score sample rows";
pub const ADD_ROW: &str = "Add row";
pub const REMOVE_ROW: &str = "Remove row";

pub const CHECKS: &str = "Before it goes out";
pub const ACCEPT: &str =
    "Publish all the same: callers of the version before can fail, or read something else";
pub const ACCEPT_FIRST: &str = "Tick that breaking changes are meant";
pub const FIX_FIRST: &str = "Mend what is marked first";
pub const NOT_SCORED: &str = "Not scored since the last change. Publishing scores the sample rows first, and publishes nothing if they fail.";
pub const FIRST_VERSION: &str = "The first version: there is nothing before it to break.";

pub const PUBLISH: &str = "Publish";
pub const SAVED: &str = "All changes saved";
pub const SAVING: &str = "Saving…";
pub const NOT_SAVED: &str = "Not saved yet: something is marked";
