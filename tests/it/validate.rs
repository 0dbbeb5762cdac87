//! As much of JSON schema, draft 7, as the schemas of srp are made of. A crate that knows all of it would give
//! dependencies of burn and polars other features, and so make tests build them a second time.

use serde_json::{Map, Value};

/// What `schema` has against `value`, each with the path of what is wrong. `root` has the definitions.
pub(crate) fn complaints(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let keywords = match schema {
        Value::Bool(true) => return Vec::new(),
        Value::Bool(false) => return vec![format!("{path}: not allowed")],
        Value::Object(keywords) => keywords,
        other => panic!("no schema: {other}"),
    };
    let checked = keywords.iter().flat_map(|(keyword, says)| {
        let place = Place { root, value, path };
        place.checked(keyword, says, keywords)
    });
    checked.collect()
}

/// A value and where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'a Value,
    value: &'a Value,
    path: &'a str,
}

impl Place<'_> {
    fn checked(self, keyword: &str, says: &Value, beside: &Map<String, Value>) -> Vec<String> {
        let against = |schema: &Value| complaints(self.root, schema, self.value, self.path);
        let holds = match keyword {
            "$schema" | "title" | "description" | "default" | "definitions" => true,
            "$ref" => {
                let pointer = says.as_str().unwrap().strip_prefix('#').unwrap();
                return against(self.root.pointer(pointer).unwrap());
            }
            "anyOf" => {
                let each: Vec<_> = says.as_array().unwrap().iter().map(against).collect();
                return match each.iter().any(Vec::is_empty) {
                    true => Vec::new(),
                    false => each.concat(),
                };
            }
            "type" => match says {
                Value::Array(types) => types.iter().any(|name| self.is(name)),
                name => self.is(name),
            },
            "const" => self.value == says,
            "enum" => says.as_array().unwrap().contains(self.value),
            "minimum" => self.number().is_none_or(|number| number >= limit(says)),
            "maximum" => self.number().is_none_or(|number| number <= limit(says)),
            "exclusiveMinimum" => self.number().is_none_or(|number| number > limit(says)),
            "exclusiveMaximum" => self.number().is_none_or(|number| number < limit(says)),
            "minItems" => self.len().is_none_or(|len| len >= limit(says)),
            "maxItems" => self.len().is_none_or(|len| len <= limit(says)),
            "pattern" => {
                let text = self.value.as_str();
                text.is_none_or(|text| matches(says.as_str().unwrap(), text))
            }
            "required" => {
                let has = |name: &Value| self.value.get(name.as_str().unwrap()).is_some();
                !self.value.is_object() || says.as_array().unwrap().iter().all(has)
            }
            "properties" => return self.each_entry(|key| says.get(key)),
            "additionalProperties" => {
                let known = beside.get("properties").and_then(Value::as_object);
                let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
                return self.each_entry(|key| (!is_known(key)).then_some(says));
            }
            "propertyNames" => {
                let names = self.value.as_object().into_iter().flat_map(Map::keys);
                let names = names.map(|name| Value::from(name.as_str()));
                let wrong = names.flat_map(|name| complaints(self.root, says, &name, self.path));
                return wrong.collect();
            }
            "items" => return self.each_element(says),
            other => panic!("the tests know no keyword `{other}`"),
        };
        match holds {
            true => Vec::new(),
            false => vec![format!(
                "{}: {} against {keyword} {says}",
                self.path, self.value
            )],
        }
    }

    fn is(self, name: &Value) -> bool {
        match name.as_str().unwrap() {
            "object" => self.value.is_object(),
            "array" => self.value.is_array(),
            "string" => self.value.is_string(),
            "number" => self.value.is_number(),
            "integer" => self.value.is_i64() || self.value.is_u64(),
            "boolean" => self.value.is_boolean(),
            other => panic!("the tests know no type `{other}`"),
        }
    }

    fn number(self) -> Option<f64> {
        self.value.as_f64()
    }

    fn len(self) -> Option<f64> {
        self.value.as_array().map(|elements| elements.len() as f64)
    }

    fn each_entry<'s>(self, schema_of: impl Fn(&str) -> Option<&'s Value>) -> Vec<String> {
        let entries = self.value.as_object().into_iter().flatten();
        let wrong = entries.flat_map(|(key, value)| {
            let path = format!("{}.{key}", self.path);
            let schema = schema_of(key);
            schema.map_or_else(Vec::new, |schema| {
                complaints(self.root, schema, value, &path)
            })
        });
        wrong.collect()
    }

    fn each_element(self, says: &Value) -> Vec<String> {
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        let wrong = elements.flat_map(|(index, value)| {
            let schema = match says {
                Value::Array(each) => &each[index],
                one => one,
            };
            complaints(self.root, schema, value, &format!("{}.{index}", self.path))
        });
        wrong.collect()
    }
}

fn limit(says: &Value) -> f64 {
    says.as_f64().unwrap()
}

/// Whether a text is of one of the patterns that the schemas have.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern {
        r"\$\{" => text.contains("${"),
        "^[a-z]{2}$" => text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()),
        "^[A-Za-z][A-Za-z0-9_-]*$" => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain)
        }
        "^(auto|cpu|cuda(:[0-9]+)?)$" => text.parse::<srp::config::DeviceChoice>().is_ok(),
        other => panic!("the tests know no pattern `{other}`"),
    }
}
