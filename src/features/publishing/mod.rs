//! Publishing a model: a file is uploaded, vetted, described, previewed, and then published as a new
//! web service or as the next version of one.

mod cells;
mod checks;
mod describe;
mod inputs;
mod leaving;
mod model;
mod outputs;
mod page;
mod paste;
mod samples;
mod saving;
mod stages;
mod start;
mod state;
mod text;
mod texts;
mod waiting;

pub use page::PublishPage;
