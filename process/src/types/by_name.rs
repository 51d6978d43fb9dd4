//! Types by the name a person types: `main.Point`, `*http.Client`, `[]int`, `map[string]"net/http".Header`.
//!
//! The full name is looked up first. Pointers, slices and arrays that no source spells are made from their
//! element. A package may be given by its last element alone when that names one type only, and in quotes,
//! as Delve's users write it.

use super::{TypeError, TypeRef, Types};

/// `*` and `[]` may be stacked this deep.
const MAX_DEPTH: usize = 32;

impl Types<'_> {
    /// The type of a name.
    ///
    /// # Errors
    ///
    /// [`TypeError::Unknown`], or [`TypeError::Ambiguous`] when a package's last element does not decide.
    pub fn by_name(&self, name: &str) -> Result<TypeRef, TypeError> {
        let plain = name.trim().replace('"', "");
        let found = self.by_plain_name(&plain, 0);
        match found {
            Err(TypeError::Unknown(_)) => Err(TypeError::Unknown(name.trim().to_owned())),
            found => found,
        }
    }

    fn by_plain_name(&self, name: &str, depth: usize) -> Result<TypeRef, TypeError> {
        let unknown = || TypeError::Unknown(name.to_owned());
        if depth > MAX_DEPTH || name.is_empty() {
            return Err(unknown());
        }
        if let Some(exact) = self.exact(name) {
            return Ok(exact);
        }
        if let Some(local) = self.local(name)? {
            return Ok(local);
        }
        if let Some(elem) = name.strip_prefix('*') {
            return Ok(self.pointer_to(self.by_plain_name(elem.trim_start(), depth + 1)?));
        }
        if let Some(rest) = name.strip_prefix('[') {
            let (len, elem) = rest.split_once(']').ok_or_else(unknown)?;
            let elem = self.by_plain_name(elem.trim_start(), depth + 1)?;
            return match len.trim() {
                "" => Ok(self.slice_of(elem)),
                len => {
                    let len = len.parse().map_err(|_| unknown())?;
                    Ok(self.array_of(elem, len))
                }
            };
        }
        if let Some(predeclared) = self.predeclared(name) {
            return Ok(predeclared);
        }
        match name {
            "byte" | "rune" => self.predeclared(name).ok_or_else(unknown),
            _ => self.by_short_name(name),
        }
    }

    fn exact(&self, name: &str) -> Option<TypeRef> {
        if let Some(dwarf) = self.dwarf()
            && let [first, ..] = dwarf.index().types_named(name)
        {
            return Some(TypeRef::Die(first.die));
        }
        let all = self.all();
        let at = all.partition_point(|listed| listed.name.as_str() < name);
        let found = all.get(at)?;
        (found.name == name).then_some(found.ty)
    }

    /// A type declared inside a function: DWARF numbers such names (`main.T·1`), people do not.
    fn local(&self, name: &str) -> Result<Option<TypeRef>, TypeError> {
        let types = self.dwarf().map(|dwarf| dwarf.index().types.as_slice());
        let types = types.unwrap_or_default();
        let numbered = format!("{name}·");
        let from = types.partition_point(|named| named.name.as_ref() < numbered.as_str());
        let mut found = types
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|named| named.name.starts_with(numbered.as_str()))
            .filter(|named| {
                let number = named.name.strip_prefix(numbered.as_str());
                number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
            })
            .take(64);
        let Some(first) = found.next() else {
            return Ok(None);
        };
        let mut candidates = vec![first.name.clone().into_owned()];
        candidates.extend(found.map(|named| named.name.clone().into_owned()));
        candidates.dedup();
        match candidates.len() {
            1 => Ok(Some(TypeRef::Die(first.die))),
            _ => Err(TypeError::Ambiguous {
                name: name.to_owned(),
                candidates,
            }),
        }
    }

    /// A name whose packages may each be given by their last element.
    fn by_short_name(&self, name: &str) -> Result<TypeRef, TypeError> {
        if !name.contains('.') && !name.contains('[') {
            return Err(TypeError::Unknown(name.to_owned()));
        }
        let wanted = shorten(name);
        let mut found = self.all().iter().filter(|listed| {
            listed.name.ends_with(last_word(&wanted)) && shorten(&listed.name) == wanted
        });
        let first = found
            .next()
            .ok_or_else(|| TypeError::Unknown(name.to_owned()))?;
        let mut candidates = vec![first.name.clone()];
        candidates.extend(found.take(11).map(|listed| listed.name.clone()));
        if candidates.len() > 1 {
            return Err(TypeError::Ambiguous {
                name: name.to_owned(),
                candidates,
            });
        }
        Ok(first.ty)
    }
}

/// The name with every import path cut to its last element: `map[string]net/http.Header` →
/// `map[string]http.Header`.
pub(crate) fn shorten(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split_inclusive(|c: char| "[]*(), ;{}".contains(c)) {
        out.push_str(part.rsplit_once('/').map_or(part, |(_, last)| last));
    }
    out
}

fn last_word(name: &str) -> &str {
    name.rsplit(|c: char| "./]*".contains(c))
        .next()
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_paths_shorten_to_their_last_element_wherever_they_stand() {
        assert_eq!(
            shorten("map[string]net/http.Header"),
            "map[string]http.Header"
        );
        assert_eq!(shorten("*a/b.T[c/d.U]"), "*b.T[d.U]");
        assert_eq!(shorten("main.T"), "main.T");
        assert_eq!(last_word("http.Header"), "Header");
    }
}
