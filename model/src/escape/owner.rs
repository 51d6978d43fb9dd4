//! Whose a generic function is that was instantiated elsewhere.
//!
//! The compiler reports it with the package that uses it, at the place where it is declared: a file in another directory than
//! the package's own. It belongs to the package of that directory. Which import path that is, is told by the directory of a
//! package of the same output, by the module cache, by GOROOT, or by where both directories are below the module's.
//! Where nothing tells, the package is left open, and the function keeps the short name of its package that the compiler
//! prints.

use super::{collect::Collector, rows::Said, strings::Sym};
use rustc_hash::FxHashMap;

impl Collector {
    /// Gives what stands in the files of other packages to those.
    pub(super) fn give_to_owners(&mut self) {
        let own = self.own_directories();
        let mut owners: FxHashMap<(Sym, Sym), Sym> = FxHashMap::default();
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get(at).copied() else {
                break;
            };
            let function = match row.said {
                Said::Declares { function } => Some(function),
                Said::Decided { function, .. } | Said::Title { function, .. } => function,
                _ => None,
            };
            let key = (row.package, row.place.file);
            let Some(own_dir) = own.get(&row.package) else {
                continue;
            };
            let is_instance = function.is_some_and(|name| self.strings.text(name).contains('['));
            if !is_instance || owners.contains_key(&key) {
                continue;
            }
            let file = self.strings.text(row.place.file).into_owned();
            let dir = directory(&file);
            if file.starts_with('<') || dir == own_dir {
                continue;
            }
            let known = self.package_in(&own, dir);
            let package = self.strings.text(row.package);
            let told = import_path(&package, own_dir, dir);
            let owner = match (known, told) {
                (Some(known), _) => known,
                (None, Some(path)) => self.strings.intern(path.as_bytes()),
                (None, None) => Sym::EMPTY,
            };
            owners.insert(key, owner);
        }
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get_mut(at) else {
                break;
            };
            let Some(&owner) = owners.get(&(row.package, row.place.file)) else {
                continue;
            };
            row.package = owner;
            if let Said::Declares { function } = row.said {
                let path = self.strings.text(owner);
                let short = path.rsplit('/').next().unwrap_or_default();
                let name = self.strings.text(function);
                let rest = name
                    .strip_prefix(short)
                    .and_then(|rest| rest.strip_prefix('.'));
                if let Some(rest) = rest.map(str::to_owned) {
                    let function = self.strings.intern(rest.as_bytes());
                    if let Some(row) = self.rows.get_mut(at) {
                        row.said = Said::Declares { function };
                    }
                }
            }
        }
    }

    /// The package of the output whose files are there; a test's own package has those of another one beside it.
    fn package_in(&self, own: &FxHashMap<Sym, String>, dir: &str) -> Option<Sym> {
        let packages = own.iter().filter(|(_, of)| *of == dir);
        let named = packages.map(|(package, _)| (self.strings.text(*package), *package));
        let others = named.filter(|(name, _)| !name.ends_with("_test"));
        others.min().map(|(_, package)| package)
    }

    /// Where the files of each package are, by the first of its functions that is not generic.
    fn own_directories(&self) -> FxHashMap<Sym, String> {
        let mut own: FxHashMap<Sym, String> = FxHashMap::default();
        for row in &self.rows {
            if let Said::Declares { function } = row.said
                && row.package != Sym::EMPTY
                && !own.contains_key(&row.package)
                && !self.strings.text(function).contains('[')
            {
                let file = self.strings.text(row.place.file);
                if !file.starts_with('<') {
                    own.insert(row.package, directory(&file).to_owned());
                }
            }
        }
        own
    }
}

/// The directory of a file, as far as it is printed.
fn directory(file: &str) -> &str {
    let file = file.trim_start_matches("./");
    let end = file.rfind(['/', '\\']).unwrap_or(0);
    file.get(..end).unwrap_or_default()
}

/// The import path of a directory; `own` is that of the package.
fn import_path(package: &str, own: &str, dir: &str) -> Option<String> {
    if let Some((_, rest)) = dir.rsplit_once("/pkg/mod/") {
        return Some(in_module_cache(rest));
    }
    if let Some((before, rest)) = dir.split_once("/src/") {
        let root = before.rsplit('/').next().unwrap_or_default();
        return root.starts_with("go").then(|| rest.to_owned());
    }
    let is_below = |dir: &str| !dir.starts_with(['/', '.']) && !dir.contains([':', '\\']);
    if !is_below(dir) || !is_below(own) || package == "command-line-arguments" {
        return None;
    }
    let root = match package.strip_suffix(own)? {
        root if own.is_empty() => root,
        root => root.strip_suffix('/')?,
    };
    Some(match dir {
        "" => root.to_owned(),
        dir => format!("{root}/{dir}"),
    })
}

/// `github.com/!burnt!sushi/toml@v1.3.2/internal` without the version, and with the letters that stand for capitals.
fn in_module_cache(dir: &str) -> String {
    let elements = dir.split('/').map(|element| {
        let name = element.split('@').next().unwrap_or_default();
        let mut path = String::new();
        let mut letters = name.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '!' => path.extend(letters.next().map(|next| next.to_ascii_uppercase())),
                letter => path.push(letter),
            }
        }
        path
    });
    elements.collect::<Vec<String>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{directory, import_path};

    #[test]
    fn a_directory_tells_its_import_path_or_nothing() {
        let cases = [
            ("m.com/x/b", "b", "a", Some("m.com/x/a")),
            ("m.com/x", "", "a/c", Some("m.com/x/a/c")),
            ("m.com/x/b", "b", "", Some("m.com/x")),
            ("m.com/x/b", "elsewhere", "a", None),
            ("m.com/x/b", "b", "../a", None),
            ("m.com/x/b", "b", "/home/u/x/a", None),
            ("command-line-arguments", "", "a", None),
            ("m.com/b", "b", "/usr/local/go/src/slices", Some("slices")),
            ("m.com/b", "b", "/home/u/src/slices", None),
            (
                "m.com/b",
                "b",
                "/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.3.2/internal",
                Some("github.com/BurntSushi/toml/internal"),
            ),
        ];
        for (package, own, dir, path) in cases {
            assert_eq!(import_path(package, own, dir).as_deref(), path, "{dir}");
        }
        assert_eq!(directory("./a/a.go"), "a");
        assert_eq!(directory("a.go"), "");
    }
}
