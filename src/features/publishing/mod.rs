//! Publishing a model: upload, vetting, describing, preview, and the act itself.
