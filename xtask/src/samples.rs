//! The samples of *Consume*: templates in files of their own, fetched one by one when a person looks
//! at their language. Each gets a name with its contents' hash, so that a browser may keep it for
//! good, and an ending that servers know for text, whatever language it is in.

use std::path::Path;

use crate::error::Error;
use crate::programs::hash;

/// The script that fills the templates in, and the folder that they stand in.
const SCRIPT: &str = "samples";
const FOLDER: &str = "samples";

/// Gives the templates, and the script that names them, their names; the page learns the script's.
pub fn rename(dist: &Path) -> Result<(), Error> {
    let script = dist.join(format!("{SCRIPT}.js"));
    let mut code = read(&script)?;
    for (file, path) in templates(&dist.join(FOLDER))? {
        let text = read(&path)?;
        let stem = file.split_once('.').map_or(file.as_str(), |(stem, _)| stem);
        let name = format!("{stem}-{:016x}.txt", hash(text.as_bytes()));
        let named = format!("\"/{FOLDER}/{file}\"");
        if !code.contains(&named) {
            return Err(Error::Check(format!(
                "public/samples.js knows nothing of public/{FOLDER}/{file}"
            )));
        }
        code = code.replace(&named, &format!("\"/{FOLDER}/{name}\""));
        let target = dist.join(FOLDER).join(name);
        std::fs::rename(&path, &target).map_err(Error::file(&target))?;
    }
    let name = format!("{SCRIPT}-{:016x}.js", hash(code.as_bytes()));
    let target = dist.join(&name);
    std::fs::write(&target, code).map_err(Error::file(&target))?;
    std::fs::remove_file(&script).map_err(Error::file(&script))?;
    let page = dist.join("index.html");
    let text = read(&page)?.replace(&format!("/{SCRIPT}.js"), &format!("/{name}"));
    std::fs::write(&page, text).map_err(Error::file(&page))
}

/// Whether a path below `dist/` is one of them.
pub fn holds(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let script = name
        .and_then(|name| name.strip_prefix(SCRIPT)?.strip_prefix('-'))
        .is_some_and(|rest| rest.ends_with(".js"));
    script || path.parent().is_some_and(|folder| folder.ends_with(FOLDER))
}

/// Names and paths of the templates as trunk left them.
fn templates(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in folder.read_dir().map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        found.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn dist(name: &str, code: &str, go: &str) -> std::path::PathBuf {
        let dist =
            std::env::temp_dir().join(format!("portico-samples-{name}-{}", std::process::id()));
        fs::create_dir_all(dist.join("samples")).unwrap();
        fs::write(dist.join("samples.js"), code).unwrap();
        fs::write(dist.join("samples/go.go"), go).unwrap();
        fs::write(dist.join("samples/python-requests.py"), "p").unwrap();
        fs::write(
            dist.join("index.html"),
            "<meta data-samples=\"/samples.js\">",
        )
        .unwrap();
        dist
    }

    const CODE: &str = r#"a("/samples/go.go", "/samples/python-requests.py")"#;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_page_leads_to_the_script_and_the_script_to_each_template() {
        let dist = dist("named", CODE, "package main");
        rename(&dist).unwrap();
        let files = names(&dist.join("samples"));
        assert_eq!(files.len(), 2, "{files:?}");
        assert!(files.iter().all(|name| name.ends_with(".txt")), "{files:?}");
        let scripts = names(&dist);
        let script = scripts.iter().find(|name| name.ends_with(".js")).unwrap();
        let code = fs::read_to_string(dist.join(script)).unwrap();
        for file in &files {
            assert!(code.contains(&format!("\"/samples/{file}\"")), "{code}");
        }
        let page = fs::read_to_string(dist.join("index.html")).unwrap();
        assert_eq!(page, format!("<meta data-samples=\"/{script}\">"));
        fs::remove_dir_all(&dist).unwrap();
    }

    #[test]
    fn a_template_that_changes_changes_the_name_of_the_script_too() {
        let (first, second) = (dist("first", CODE, "a"), dist("second", CODE, "b"));
        rename(&first).unwrap();
        rename(&second).unwrap();
        let page = |dist: &Path| fs::read_to_string(dist.join("index.html")).unwrap();
        assert_ne!(page(&first), page(&second));
        fs::remove_dir_all(&first).unwrap();
        fs::remove_dir_all(&second).unwrap();
    }

    #[test]
    fn a_template_that_the_script_does_not_name_is_refused() {
        let dist = dist("lost", "\"/samples/go.go\"", "a");
        let error = rename(&dist).unwrap_err().to_string();
        assert!(
            error.contains("public/samples/python-requests.py"),
            "{error}"
        );
        fs::remove_dir_all(&dist).unwrap();
    }

    #[test]
    fn its_files_are_known() {
        for path in [
            "dist/samples-0123456789abcdef.js",
            "dist/samples/go-0123456789abcdef.txt",
        ] {
            assert!(holds(Path::new(path)), "{path}");
        }
        for path in [
            "dist/portal-0123456789abcdef.js",
            "dist/samples.css",
            "dist/index.html",
        ] {
            assert!(!holds(Path::new(path)), "{path}");
        }
    }
}
