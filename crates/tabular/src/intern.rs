//! Texts of which many are alike, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// Texts by number, in the order in which they first came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Texts {
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.texts.iter().all(|text| text.is_ascii())
    }

    pub(crate) fn get(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(|text| &**text)
    }

    /// The text's number; a new one if the text is new.
    pub(crate) fn number_of(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }
}
