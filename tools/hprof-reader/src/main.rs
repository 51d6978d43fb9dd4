//! What is in an HPROF file, by the `jvm-hprof` crate: `hprof-reader FILE` prints `KIND COUNT BYTES NAME` a line.
//!
//! KIND is `class` (instances, bytes of their fields), `array` (arrays of references, bytes of those), `numbers` (arrays of
//! numbers, bytes of those), `root` (by kind), `static` (a static field that leads to an object), `text` (a string, decoded),
//! `nowhere` (references that lead to no object). It fails where the file contradicts itself.

use jvm_hprof::heap_dump::{FieldDescriptor, FieldType, FieldValue, PrimitiveArrayType, SubRecord};
use jvm_hprof::{Hprof, Id, RecordTag, parse_hprof};
use std::collections::{BTreeMap, HashMap, HashSet};

type Lines = BTreeMap<(&'static str, String), (u64, u64)>;

fn size(ty: FieldType) -> u64 {
    match ty {
        FieldType::Boolean | FieldType::Byte => 1,
        FieldType::Char | FieldType::Short => 2,
        FieldType::Float | FieldType::Int => 4,
        FieldType::ObjectId | FieldType::Double | FieldType::Long => 8,
    }
}

fn add(lines: &mut Lines, kind: &'static str, name: &str, bytes: u64) {
    let line = lines.entry((kind, name.to_owned())).or_default();
    line.0 += 1;
    line.1 += bytes;
}

/// What a first pass learns.
#[derive(Default)]
struct Known<'a> {
    texts: HashMap<Id, &'a str>,
    names: HashMap<Id, String>,
    fields: HashMap<Id, Vec<FieldDescriptor>>,
    objects: HashSet<Id>,
    bytes: HashMap<Id, Vec<u8>>,
}

fn each<'a>(hprof: &Hprof<'a>, mut visit: impl FnMut(SubRecord<'a>)) {
    for record in hprof.records_iter() {
        let record = record.expect("a record");
        if let Some(segment) = record.as_heap_dump_segment() {
            for sub in segment.expect("a segment").sub_records() {
                visit(sub.expect("a record of a segment"));
            }
        }
    }
}

fn learn<'a>(hprof: &Hprof<'a>) -> Known<'a> {
    let mut known = Known::default();
    let mut loaded = Vec::new();
    let mut ended = false;
    for record in hprof.records_iter() {
        let record = record.expect("a record");
        ended = record.tag() == RecordTag::HeapDumpEnd;
        if let Some(text) = record.as_utf_8() {
            let text = text.expect("a text");
            known
                .texts
                .insert(text.name_id(), text.text_as_str().expect("UTF-8"));
        } else if let Some(class) = record.as_load_class() {
            let class = class.expect("a class");
            loaded.push((class.class_obj_id(), class.class_name_id()));
        }
    }
    assert!(ended, "the file does not end");
    for (class, name) in loaded {
        known.names.insert(class, known.texts[&name].to_owned());
    }
    let mut twice = 0;
    let objects = &mut known.objects;
    each(hprof, |sub| {
        let id = match sub {
            SubRecord::Class(class) => {
                let fields = class.instance_field_descriptors();
                let fields = fields.map(|field| field.expect("a field")).collect();
                known.fields.insert(class.obj_id(), fields);
                class.obj_id()
            }
            SubRecord::Instance(instance) => instance.obj_id(),
            SubRecord::ObjectArray(array) => array.obj_id(),
            SubRecord::PrimitiveArray(array) => {
                if let Some(bytes) = array.bytes() {
                    let bytes = bytes.map(|byte| byte.expect("a byte").to_le_bytes()[0]);
                    known.bytes.insert(array.obj_id(), bytes.collect());
                }
                array.obj_id()
            }
            _ => return,
        };
        twice += u64::from(!objects.insert(id));
    });
    assert_eq!(twice, 0, "objects of one id");
    known
}

fn main() {
    let file = std::env::args_os().nth(1).expect("hprof-reader FILE");
    let bytes = std::fs::read(file).expect("the file can be read");
    let hprof = parse_hprof(&bytes).expect("an HPROF file");
    let id_size = hprof.header().id_size();
    let known = learn(&hprof);
    let mut lines = Lines::default();
    let check = |lines: &mut Lines, id: Id| {
        if !known.objects.contains(&id) {
            add(lines, "nowhere", "", 0);
        }
    };
    each(&hprof, |sub| match sub {
        SubRecord::Class(class) => {
            for field in class.static_fields() {
                let field = field.expect("a static field");
                if let FieldValue::ObjectId(Some(id)) = field.value() {
                    check(&mut lines, id);
                    let class = &known.names[&class.obj_id()];
                    let name = format!("{class}.{}", known.texts[&field.name_id()]);
                    add(&mut lines, "static", &name, 0);
                }
            }
        }
        SubRecord::Instance(instance) => {
            let class = instance.class_obj_id();
            let fields = &known.fields[&class];
            let wanted: u64 = fields.iter().map(|field| size(field.field_type())).sum();
            assert_eq!(
                instance.fields().len() as u64,
                wanted,
                "{}",
                known.names[&class]
            );
            add(&mut lines, "class", &known.names[&class], wanted);
            let mut rest: &[u8] = instance.fields();
            let (mut value, mut coder) = (None, 0);
            for field in fields {
                let (after, read) = field
                    .field_type()
                    .parse_value(rest, id_size)
                    .expect("a value");
                rest = after;
                match read {
                    FieldValue::ObjectId(Some(id)) => {
                        check(&mut lines, id);
                        value = value.or(Some(id));
                    }
                    FieldValue::Byte(byte) => coder = byte,
                    _ => {}
                }
            }
            if known.names[&class] == "java.lang.String" {
                let bytes = value
                    .and_then(|id| known.bytes.get(&id))
                    .expect("a string has bytes");
                let text = match coder {
                    0 => bytes.iter().map(|byte| char::from(*byte)).collect(),
                    _ => {
                        let units = bytes
                            .chunks_exact(2)
                            .map(|two| u16::from_le_bytes([two[0], two[1]]));
                        String::from_utf16_lossy(&units.collect::<Vec<u16>>())
                    }
                };
                add(&mut lines, "text", &text.escape_debug().to_string(), 0);
            }
        }
        SubRecord::ObjectArray(array) => {
            let mut count = 0;
            for id in array.elements(id_size) {
                count += 1;
                if let Some(id) = id.expect("an element") {
                    check(&mut lines, id);
                }
            }
            add(
                &mut lines,
                "array",
                &known.names[&array.array_class_obj_id()],
                count * 8,
            );
        }
        SubRecord::PrimitiveArray(array) => {
            let ty = array.primitive_type();
            let bytes = match ty {
                PrimitiveArrayType::Boolean => array.booleans().expect("booleans").count(),
                PrimitiveArrayType::Byte => array.bytes().expect("bytes").count(),
                PrimitiveArrayType::Char => array.chars().expect("chars").count() * 2,
                PrimitiveArrayType::Short => array.shorts().expect("shorts").count() * 2,
                PrimitiveArrayType::Int => array.ints().expect("ints").count() * 4,
                PrimitiveArrayType::Float => array.floats().expect("floats").count() * 4,
                PrimitiveArrayType::Long => array.longs().expect("longs").count() * 8,
                PrimitiveArrayType::Double => array.doubles().expect("doubles").count() * 8,
            };
            add(&mut lines, "numbers", ty.java_type_name(), bytes as u64);
        }
        SubRecord::GcRootUnknown(root) => {
            check(&mut lines, root.obj_id());
            add(&mut lines, "root", "unknown", 0);
        }
        SubRecord::GcRootThreadObj(_) => add(&mut lines, "root", "thread", 0),
        SubRecord::GcRootJniGlobal(root) => {
            check(&mut lines, root.obj_id());
            add(&mut lines, "root", "runtime", 0);
        }
        SubRecord::GcRootJavaStackFrame(root) => {
            check(&mut lines, root.obj_id());
            add(&mut lines, "root", "frame", 0);
        }
        SubRecord::GcRootSystemClass(root) => {
            check(&mut lines, root.obj_id());
            add(&mut lines, "root", "class", 0);
        }
        _ => add(&mut lines, "root", "other", 0),
    });
    for ((kind, name), (count, bytes)) in lines {
        println!("{kind}\t{count}\t{bytes}\t{name}");
    }
}
