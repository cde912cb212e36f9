//! The files of `deploy/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::yaml;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the project.
pub(crate) fn text(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one document of a YAML file of the project.
pub(crate) fn document(path: impl AsRef<Path>) -> Value {
    let path = path.as_ref();
    let mut documents = yaml::documents(&text(path)).unwrap();
    assert_eq!(documents.len(), 1, "{}", path.display());
    documents.remove(0)
}

/// All files below a folder, in order of their paths.
pub(crate) fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// All texts of a value, however deep.
pub(crate) fn texts<'a>(value: &'a Value, visit: &mut impl FnMut(&'a str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(list) => list.iter().for_each(|value| texts(value, visit)),
        Value::Object(map) => map.values().for_each(|value| texts(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A list of texts.
pub(crate) fn words(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten();
    list.map(|word| word.as_str().unwrap()).collect()
}

/// The name of a file.
pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_yaml_file_parses() {
    let is_yaml =
        |path: &&PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    let all = files("deploy");
    let yaml: Vec<&PathBuf> = all.iter().filter(is_yaml).collect();
    assert!(yaml.len() > 20, "{yaml:?}");
    for path in yaml {
        let documents = yaml::documents(&fs::read_to_string(path).unwrap());
        let documents = documents.unwrap_or_else(|error| panic!("{}:{error}", path.display()));
        assert_eq!(documents.len(), 1, "{}", path.display());
    }
}

/// A tag of a version, so that the same files give the same parts tomorrow.
#[test]
fn every_image_has_the_tag_of_a_version() {
    let mut images = Vec::new();
    for line in text("deploy/Dockerfile").lines() {
        images.extend(
            line.strip_prefix("FROM ")
                .map(|image| image.split_whitespace().next().unwrap().to_owned()),
        );
    }
    let compose = document("deploy/compose/compose.yaml");
    for service in compose["services"].as_object().unwrap().values() {
        images.push(service["image"].as_str().unwrap().to_owned());
    }
    let set = document("deploy/kubernetes/base/statefulset.yaml");
    let container = &set["spec"]["template"]["spec"]["containers"][0];
    images.push(container["image"].as_str().unwrap().to_owned());
    assert!(images.len() > 8, "{images:?}");
    for image in images {
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no tag"));
        // Distroless images have their version in the name.
        let is_version = tag.contains(|c: char| c.is_ascii_digit());
        assert!(is_version || image == "gcr.io/distroless/cc-debian13:nonroot", "{image}");
    }
    let version = format!("vaste:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(container["image"], version.as_str());
    assert_eq!(compose["services"]["vaste"]["image"], version.as_str());
}

/// The context of the build has what the image copies, and it exists.
#[test]
fn every_file_that_the_image_copies_is_in_its_context() {
    let ignored = text(".dockerignore");
    let mut copied = 0;
    for line in text("deploy/Dockerfile").lines() {
        let Some(paths) = line.strip_prefix("COPY ").filter(|paths| !paths.starts_with("--"))
        else {
            continue;
        };
        let paths: Vec<&str> = paths.split_whitespace().collect();
        for path in &paths[..paths.len() - 1] {
            assert!(root().join(path).exists(), "{path}");
            assert!(ignored.lines().any(|line| line == format!("!{path}")), "{path} is ignored");
            copied += 1;
        }
    }
    assert_eq!(copied, 5);
    // What source files include from folders above them is copied, too.
    let mut included = 0;
    for file in files("src").iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let source = fs::read_to_string(file).unwrap();
        for path in source.split("include_str!(\"").skip(1).filter(|path| path.starts_with("..")) {
            assert!(path.starts_with("../../deploy/prometheus/"), "{}", file.display());
            included += 1;
        }
        assert!(!source.contains("include_bytes!(\".."), "{}", file.display());
    }
    assert_eq!(included, 2);
}
