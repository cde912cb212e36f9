//! All mutants in one build: each changed function holds its original body and the mutated ones, and a number
//! in the environment selects one of them when the tests run.
//!
//! Building each mutant alone takes ten times as long as running its tests. The method is known as mutant
//! schemata: R. Untch, A. Offutt, M. J. Harrold, "Mutation Analysis Using Mutant Schemata", ISSTA 1993.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use xxhash_rust::xxh3::Xxh3Default;

/// The environment variable with the number of the mutant that runs.
pub(crate) const SELECTED: &str = "VASTE_MUTANT";

/// The root of the crate, where the function that reads [`SELECTED`] is added.
const ROOT: &str = "src/lib.rs";

/// The function that reads [`SELECTED`]; `usize::MAX` stands for no mutant.
const SELECTOR: &str = r#"
/// The number of the mutant that runs.
#[doc(hidden)]
pub fn selected_mutant() -> usize {
    static SELECTED: std::sync::LazyLock<usize> = std::sync::LazyLock::new(|| {
        std::env::var("VASTE_MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(usize::MAX)
    });
    *SELECTED
}
"#;

/// The mutants that one build can hold.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    files: BTreeMap<PathBuf, SwitchedFile>,
}

/// One file with the mutants of its functions.
#[derive(Debug)]
struct SwitchedFile {
    original: SplitText,
    /// The other bodies by function, each with the number of its mutant.
    variants: BTreeMap<usize, Vec<(usize, String)>>,
}

/// A file, split at the bodies of its functions.
#[derive(Debug)]
struct SplitText {
    bodies: Vec<Body>,
    /// The text after the last body.
    end: String,
}

/// The body of a function that is in no other function.
#[derive(Debug)]
struct Body {
    /// The text between the body before and this one.
    before: String,
    /// With its braces.
    text: String,
    /// Whether the body may be a choice between several: not in a `const fn`, which cannot read the
    /// environment, and not where the type is `impl Trait`, because each body has its own.
    is_switchable: bool,
}

/// The lines of one mutant in a switched file, counted from 1.
#[derive(Debug)]
pub(crate) struct MutantLines {
    pub(crate) file: PathBuf,
    pub(crate) lines: Range<usize>,
    pub(crate) mutant: usize,
}

/// The files of a build with all mutants, and where each mutant is in them.
#[derive(Debug, Default)]
pub(crate) struct SwitchedFiles {
    pub(crate) texts: BTreeMap<PathBuf, String>,
    pub(crate) places: Vec<MutantLines>,
}

impl Switches {
    /// Adds a mutant of one file. Says whether the build can hold it: only where nothing but bodies of
    /// functions changes.
    pub(crate) fn add(
        &mut self,
        number: usize,
        path: &Path,
        original: &str,
        mutated: &str,
    ) -> bool {
        if !self.files.contains_key(path) {
            let Some(original) = SplitText::parse(original) else { return false };
            self.files
                .insert(path.to_owned(), SwitchedFile { original, variants: BTreeMap::new() });
        }
        self.files.get_mut(path).is_some_and(|file| file.add(number, mutated))
    }

    /// The texts of all files with the mutants in `held`. `root` is the text of `src/lib.rs`.
    pub(crate) fn render(&self, root: &str, held: &BTreeSet<usize>) -> SwitchedFiles {
        let mut rendered = SwitchedFiles::default();
        for (path, file) in &self.files {
            let (text, lines) = file.render(held);
            rendered.texts.insert(path.clone(), text);
            let places = lines.into_iter();
            rendered.places.extend(places.map(|(mutant, lines)| MutantLines {
                file: path.clone(),
                lines,
                mutant,
            }));
        }
        let root = rendered.texts.entry(PathBuf::from(ROOT)).or_insert_with(|| root.to_owned());
        root.push_str(SELECTOR);
        rendered
    }
}

impl SwitchedFiles {
    /// A hash of the texts and of the tree, of which `tree` is the hash.
    pub(crate) fn fingerprint(&self, tree: u64) -> u64 {
        let mut hash = Xxh3Default::new();
        hash.update(&tree.to_le_bytes());
        self.texts.values().for_each(|text| hash.update(text.as_bytes()));
        hash.digest()
    }
}

impl SwitchedFile {
    fn add(&mut self, number: usize, mutated: &str) -> bool {
        let Some(mutated) = SplitText::parse(mutated) else { return false };
        if !mutated.is_equal_outside(&self.original) {
            return false;
        }
        let pairs = self.original.bodies.iter().zip(mutated.bodies).enumerate();
        let changed: Vec<_> = pairs.filter(|(_, (old, new))| old.text != new.text).collect();
        if changed.iter().any(|(_, (old, _))| !old.is_switchable) {
            return false;
        }
        for (function, (_, new)) in changed {
            self.variants.entry(function).or_default().push((number, new.text));
        }
        true
    }

    /// The text, and the lines of each mutant in it.
    fn render(&self, held: &BTreeSet<usize>) -> (String, Vec<(usize, Range<usize>)>) {
        let mut text = String::new();
        let mut places = Vec::new();
        for (function, body) in self.original.bodies.iter().enumerate() {
            text.push_str(&body.before);
            let variants = self.variants.get(&function).into_iter().flatten();
            let mut variants = variants.filter(|(number, _)| held.contains(number)).peekable();
            if variants.peek().is_none() {
                text.push_str(&body.text);
                continue;
            }
            text.push_str("{ match crate::selected_mutant() {\n");
            for (number, variant) in variants {
                let first = text.lines().count() + 1;
                text.extend([&number.to_string(), " => ", variant, "\n"]);
                places.push((*number, first..text.lines().count() + 1));
            }
            text.extend(["_ => ", &body.text, "\n} }"]);
        }
        text.push_str(&self.original.end);
        (text, places)
    }
}

impl SplitText {
    /// `None` where the text is not Rust.
    fn parse(text: &str) -> Option<Self> {
        let mut found = BodyFinder(Vec::new());
        found.visit_file(&syn::parse_file(text).ok()?);
        let mut bodies = Vec::new();
        let mut end = 0;
        for FoundBody { bytes, is_switchable } in found.0 {
            let before = text.get(end..bytes.start)?.to_owned();
            end = bytes.end;
            bodies.push(Body { before, text: text.get(bytes)?.to_owned(), is_switchable });
        }
        Some(Self { bodies, end: text.get(end..)?.to_owned() })
    }

    fn is_equal_outside(&self, other: &Self) -> bool {
        let before =
            |text: &Self| text.bodies.iter().map(|body| body.before.clone()).collect::<Vec<_>>();
        before(self) == before(other) && self.end == other.end
    }
}

/// Where a body is.
struct FoundBody {
    bytes: Range<usize>,
    is_switchable: bool,
}

/// Collects the bodies of functions, and looks for no functions inside them.
struct BodyFinder(Vec<FoundBody>);

impl BodyFinder {
    fn push(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let mut opaque = OpaqueTypeFinder(false);
        opaque.visit_return_type(&signature.output);
        let is_switchable = signature.constness.is_none() && !opaque.0;
        self.0.push(FoundBody { bytes: block.span().byte_range(), is_switchable });
    }
}

impl<'ast> Visit<'ast> for BodyFinder {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.push(&function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.push(&function.sig, &function.block);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.push(&function.sig, block);
        }
    }
}

/// Whether a type contains `impl Trait`.
struct OpaqueTypeFinder(bool);

impl<'ast> Visit<'ast> for OpaqueTypeFinder {
    fn visit_type_impl_trait(&mut self, found: &'ast syn::TypeImplTrait) {
        self.0 = true;
        visit::visit_type_impl_trait(self, found);
    }
}
