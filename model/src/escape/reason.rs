//! Why something escapes, read off its flow, and what usually helps.
//!
//! The compiler's words (`escape/call.go`, `expr.go`, `stmt.go`, `escape.go`) are classed; a flow usually has
//! several. The class that names what a programmer would change comes first: being captured, being boxed in an
//! interface on the way to a call, having a size nobody knows; otherwise it is where the flow ends. Without a
//! flow nothing is concluded.

use super::{
    class::Class,
    decision::{Analysis, Decision, Flow, Kind, Place, Step},
    form::Form,
    strings::Sym,
};

/// Why a decision is what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The class to show first.
    pub class: Class,
    /// The call, variable or statement it is about.
    pub detail: Option<String>,
    /// All classes of the flow, in its order.
    pub chain: Vec<Class>,
}

impl Reason {
    fn unexplained(asked: bool) -> Self {
        Self {
            class: Class::Unexplained,
            detail: asked.then(|| "the compiler gave no explanation".to_owned()),
            chain: Vec::new(),
        }
    }

    /// One sentence.
    pub fn sentence(&self) -> String {
        match (&self.class, &self.detail) {
            (Class::Interface, Some(call)) => format!("stored in an interface by {call}"),
            (Class::Call, Some(call)) => format!("passed to {call}"),
            (Class::Reflection, Some(call)) => format!("passed to {call}"),
            (Class::Size, Some(why)) => why.clone(),
            (
                Class::HeapObject | Class::PackageVariable | Class::Growth | Class::LongerLived,
                Some(statement),
            ) => format!("{}: {statement}", self.class.about()),
            (Class::Unexplained, Some(why)) => why.clone(),
            (class, _) => class.about().to_owned(),
        }
    }
}

/// One classed step of a flow.
struct Link {
    class: Class,
    detail: Option<String>,
}

/// What is known of the function that a call expression calls.
fn callee(expression: &str) -> Option<String> {
    let body = expression.strip_suffix(')')?;
    let mut depth = 0u32;
    // From the right: a callee may be an expression with calls of its own. Brackets in strings can only make
    // the callee longer than it is.
    for (at, c) in body.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth == 0 => {
                let name = body.get(..at)?.trim();
                return (!name.is_empty()).then(|| name.to_owned());
            }
            '(' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn short(text: &str) -> String {
    const MAX: usize = 60;
    if text.chars().count() <= MAX {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(MAX - 1).collect();
    cut.push('…');
    cut
}

impl Analysis {
    /// The reason of a decision, from its first flow. For what does not escape there is none.
    pub fn reason(&self, decision: &Decision) -> Option<Reason> {
        if decision.kind() == Kind::DoesNotEscape {
            return None;
        }
        let Some(flow) = self.telling_flow(decision) else {
            let asked = decision.outcomes.first().is_some_and(|outcome| {
                outcome.builds.iter().any(|build| {
                    let index = (build as usize).saturating_sub(1);
                    self.builds.get(index).is_some_and(|build| build.explained)
                })
            });
            return Some(Reason::unexplained(asked));
        };
        Some(self.classify(decision, flow))
    }

    /// The flow that explains the costliest outcome: a parameter may leak to a result and to the heap.
    pub fn telling_flow<'a>(&self, decision: &'a Decision) -> Option<&'a Flow> {
        let to_heap = matches!(
            decision.kind(),
            Kind::LeakingParam | Kind::LeakingParamContent
        );
        decision
            .flows
            .iter()
            .find(|flow| {
                to_heap
                    && flow
                        .destination
                        .is_some_and(|d| self.strings.bytes(d).starts_with(b"{heap}"))
            })
            .or_else(|| decision.flow())
    }

    fn classify(&self, decision: &Decision, flow: &Flow) -> Reason {
        let form = Form::of(self, decision);
        let mut links: Vec<Link> = Vec::new();
        let mut boxed = matches!(form, Some(Form::Boxed | Form::Constant));
        let mut to_heap = false;
        // Steps below one `flow:` line that only make an address.
        let mut bare_spill = false;
        // Where the flow ends, when it ends in a plain assignment.
        let mut kept = None;
        // In the slice of a variadic call.
        let mut in_variadic = false;
        for step in self.steps(flow) {
            match step {
                Step::Flow { destination, .. } => {
                    to_heap = self.strings.bytes(destination) == b"{heap}";
                    bare_spill = true;
                }
                Step::From {
                    expression,
                    why,
                    place,
                } => {
                    let why = self.text(why);
                    let expression = self.text(expression);
                    if !matches!(&*why, "spill" | "address-of") {
                        bare_spill = false;
                    }
                    if &*why == "interface-converted" {
                        boxed = true;
                    }
                    if &*expression == "... argument" && form == Some(Form::Selector) {
                        boxed = true;
                    }
                    let link = self.link(decision.package, &why, &expression, place, to_heap);
                    kept =
                        (link.is_none() && why.starts_with("assign")).then(|| short(&expression));
                    in_variadic = &*why == "slice-literal-element";
                    links.extend(link);
                }
                Step::Truncated => {}
            }
        }
        if bare_spill && to_heap && matches!(form, Some(Form::Closure | Form::Selector)) {
            links.push(Link {
                class: Class::GoDefer,
                detail: None,
            });
        }
        if kept.is_some() {
            links.push(Link {
                class: Class::LongerLived,
                detail: kept,
            });
        } else if links.is_empty() && in_variadic {
            links.push(Link {
                class: Class::HeapObject,
                detail: None,
            });
        }
        let mut reason = choose(&links, boxed);
        if form == Some(Form::Append) && reason.class != Class::Unexplained {
            // Whatever keeps the slice, it is its growth that allocates.
            if reason.chain.first() != Some(&Class::Growth) {
                reason.chain.retain(|class| *class != Class::Growth);
                reason.chain.insert(0, Class::Growth);
            }
            reason.class = Class::Growth;
            reason.detail = self.growing(flow);
        }
        reason
    }

    /// The `append` call that a flow begins with.
    fn growing(&self, flow: &Flow) -> Option<String> {
        self.steps(flow).find_map(|step| match step {
            Step::From { expression, .. } => Some(short(&self.text(expression))),
            _ => None,
        })
    }

    /// Classes one `from` step; `None` for steps that only move a value along.
    fn link(
        &self,
        package: Sym,
        why: &str,
        expression: &str,
        place: Place,
        to_heap: bool,
    ) -> Option<Link> {
        let stored = |class| Link {
            class,
            detail: Some(short(expression)),
        };
        let plain = |class| Link {
            class,
            detail: None,
        };
        let word = why.split('[').next().unwrap_or(why).trim();
        Some(match word {
            "interface-converted" => plain(Class::Interface),
            // The closure that a go or defer statement is made into captures what the statement uses.
            "captured by a closure" if expression.starts_with(".autotmp_") => plain(Class::GoDefer),
            "captured by a closure" | "captured by called closure" => plain(Class::Closure),
            "return" | "returned" | "returned from recursive function" => plain(Class::Returned),
            "send" => plain(Class::Channel),
            "key of map put" | "value of map put" | "map literal key" | "map literal value"
            | "appended slice..." | "appendee slice" | "appended to slice" | "copied slice" => {
                stored(Class::Growth)
            }
            "struct literal element"
            | "array literal element"
            | "slice-literal-element"
            | "fixed-array literal element"
                if expression != "... argument" =>
            {
                stored(Class::HeapObject)
            }
            "//go:uintptrescapes" => plain(Class::Call),
            _ if word.starts_with("too large")
                || word.starts_with("non-constant")
                || word.starts_with("too aligned") =>
            {
                Link {
                    class: Class::Size,
                    detail: Some(word.to_owned()),
                }
            }
            "call parameter"
            | "passed to call"
            | "parameter to indirect call"
            | "passed to function[unknown]"
            | "receiver in indirect call"
            | "passed to function"
            | "callee operand"
            | "go func ..."
            | "defer func ..."
            | "argument to go"
            | "argument to defer" => self.call(package, expression, place),
            "assign"
            | "assign-pair"
            | "assigned"
            | "assign-pair-dot-type"
            | "assign-pair-func-call"
            | "assign-pair-mapr"
            | "assign-pair-receive"
            | "star-equals"
            | "star-dot-equals"
            | "slice-element-equals"
            | "arrayindex-equals"
            | "dot-equals"
            | "array-element-equals"
                if to_heap =>
            {
                assigned(expression)
            }
            _ => return None,
        })
    }

    fn call(&self, package: Sym, expression: &str, place: Place) -> Link {
        if expression.starts_with("go ") || expression.starts_with("defer ") {
            return Link {
                class: Class::GoDefer,
                detail: Some(short(expression)),
            };
        }
        let Some(name) = callee(expression) else {
            return Link {
                class: Class::Call,
                detail: Some(short(expression)),
            };
        };
        if name == "append" {
            return Link {
                class: Class::Growth,
                detail: Some(short(expression)),
            };
        }
        let class = if name.starts_with("reflect.") {
            Class::Reflection
        } else {
            Class::Call
        };
        // An inlined call is shown as the source has it: fmt.Println, not the fmt.Fprintln inside it.
        let written = self
            .inlined_at(package, place)
            .map(|outer| self.text(outer).into_owned());
        Link {
            class,
            detail: Some(short(&written.unwrap_or(name))),
        }
    }
}

/// `LHS = RHS` with the heap as its destination.
fn assigned(expression: &str) -> Link {
    let left = expression
        .split_once(" = ")
        .or_else(|| expression.split_once(" := "))
        .map_or(expression, |(left, _)| left);
    let class = if left.ends_with(']') && !left.starts_with('*') {
        Class::Growth
    } else if !left.is_empty() && left.chars().all(|c| c.is_alphanumeric() || c == '_') {
        Class::PackageVariable
    } else {
        Class::HeapObject
    };
    Link {
        class,
        detail: Some(short(expression)),
    }
}

fn choose(links: &[Link], boxed: bool) -> Reason {
    let mut chain: Vec<Class> = Vec::new();
    if boxed && !links.iter().any(|link| link.class == Class::Interface) {
        chain.push(Class::Interface);
    }
    for link in links {
        if !chain.contains(&link.class) {
            chain.push(link.class);
        }
    }
    let find = |class| links.iter().find(|link| link.class == class);
    let last = links
        .iter()
        .rev()
        .find(|link| !matches!(link.class, Class::Interface | Class::Closure));
    let first_is_closure = links
        .first()
        .is_some_and(|link| link.class == Class::Closure);
    let (class, detail) = if let Some(size) = find(Class::Size) {
        (Class::Size, size.detail.clone())
    } else if first_is_closure {
        (Class::Closure, None)
    } else if let Some(reflection) = find(Class::Reflection) {
        (Class::Reflection, reflection.detail.clone())
    } else if boxed {
        let call = links
            .iter()
            .rev()
            .find(|link| link.class == Class::Call)
            .and_then(|link| link.detail.clone());
        (Class::Interface, call)
    } else if let Some(last) = last {
        (last.class, last.detail.clone())
    } else if let Some(first) = links.first() {
        (first.class, first.detail.clone())
    } else {
        (Class::Other, None)
    };
    if chain.is_empty() {
        chain.push(class);
    }
    Reason {
        class,
        detail,
        chain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callees() {
        for (text, name) in [
            ("fmt.Fprintln(os.Stdout, fmt.a...)", Some("fmt.Fprintln")),
            ("f(g(x), h())", Some("f")),
            ("s.get(1).put(x)", Some("s.get(1).put")),
            ("x", None),
        ] {
            assert_eq!(callee(text).as_deref(), name);
        }
    }

    #[test]
    fn assignments() {
        for (text, class) in [
            ("sink = p", Class::PackageVariable),
            ("m.next = n", Class::HeapObject),
            ("*p = x", Class::HeapObject),
            ("m[k] = v", Class::Growth),
        ] {
            assert_eq!(assigned(text).class, class);
        }
    }
}
