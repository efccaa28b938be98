//! Cuts a compiled protocol down to what a service needs: without options, comments, and messages that
//! its methods do not use.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldOptions, FileDescriptorProto,
    FileDescriptorSet, MessageOptions, MethodDescriptorProto, ServiceDescriptorProto,
};

/// A service.
pub(crate) struct Service {
    /// Its full name.
    pub(crate) name: String,
    pub(crate) methods: Vec<String>,
    /// The full names of the methods' requests and responses.
    pub(crate) roots: Vec<String>,
}

pub(crate) fn services(files: &[FileDescriptorProto]) -> Vec<Service> {
    let mut services = Vec::new();
    for file in files {
        for service in &file.service {
            let roots = service
                .method
                .iter()
                .flat_map(|method| [method.input_type(), method.output_type()])
                .map(|name| name.trim_start_matches('.').to_owned())
                .collect();
            services.push(Service {
                name: format!("{}.{}", file.package(), service.name()),
                methods: service.method.iter().map(|method| method.name().to_owned()).collect(),
                roots,
            });
        }
    }
    services
}

/// The files with the messages and enums that the roots use, and with the service, if one is named.
pub(crate) fn reach(
    files: &[FileDescriptorProto],
    roots: &[String],
    service: Option<&str>,
) -> FileDescriptorSet {
    let messages = messages_by_name(files);
    let reached = reached(&messages, roots);
    let kept: Vec<FileDescriptorProto> =
        files.iter().filter_map(|file| cut_file(file, &reached, service)).collect();
    FileDescriptorSet { file: with_dependencies(kept) }
}

fn messages_by_name(files: &[FileDescriptorProto]) -> BTreeMap<String, &DescriptorProto> {
    fn add<'a>(
        into: &mut BTreeMap<String, &'a DescriptorProto>,
        scope: &str,
        message: &'a DescriptorProto,
    ) {
        let name = format!("{scope}.{}", message.name());
        for nested in &message.nested_type {
            add(into, &name, nested);
        }
        into.insert(name, message);
    }
    let mut messages = BTreeMap::new();
    for file in files {
        for message in &file.message_type {
            add(&mut messages, file.package(), message);
        }
    }
    messages
}

/// The full names of the roots and of all messages and enums that they use, directly or indirectly.
fn reached(messages: &BTreeMap<String, &DescriptorProto>, roots: &[String]) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<String> = roots.to_vec();
    while let Some(name) = open.pop() {
        if let Some(message) = messages.get(&name).filter(|_| !reached.contains(&name)) {
            open.extend(message.field.iter().filter_map(type_of));
        }
        reached.insert(name);
    }
    reached
}

/// The full name of a field's message or enum type.
fn type_of(field: &FieldDescriptorProto) -> Option<String> {
    field.type_name.as_ref().map(|name| name.trim_start_matches('.').to_owned())
}

fn cut_file(
    file: &FileDescriptorProto,
    reached: &BTreeSet<String>,
    service: Option<&str>,
) -> Option<FileDescriptorProto> {
    let package = file.package();
    let cut = FileDescriptorProto {
        name: file.name.clone(),
        package: file.package.clone(),
        syntax: file.syntax.clone(),
        message_type: cut_messages(&file.message_type, package, reached),
        enum_type: cut_enums(&file.enum_type, package, reached),
        service: file
            .service
            .iter()
            .filter(|one| service == Some(&format!("{package}.{}", one.name())))
            .map(cut_service)
            .collect(),
        ..Default::default()
    };
    let empty = cut.message_type.is_empty() && cut.enum_type.is_empty() && cut.service.is_empty();
    (!empty).then_some(cut)
}

fn cut_messages(
    messages: &[DescriptorProto],
    scope: &str,
    reached: &BTreeSet<String>,
) -> Vec<DescriptorProto> {
    messages.iter().filter_map(|message| cut_message(message, scope, reached)).collect()
}

/// The message, if it is used. If only types that are nested in it are used, an empty message with them.
fn cut_message(
    message: &DescriptorProto,
    scope: &str,
    reached: &BTreeSet<String>,
) -> Option<DescriptorProto> {
    let name = format!("{scope}.{}", message.name());
    let shell = DescriptorProto {
        name: message.name.clone(),
        nested_type: cut_messages(&message.nested_type, &name, reached),
        enum_type: cut_enums(&message.enum_type, &name, reached),
        ..Default::default()
    };
    if !reached.contains(&name) {
        let empty = shell.nested_type.is_empty() && shell.enum_type.is_empty();
        return (!empty).then_some(shell);
    }
    let map_entry = message.options.as_ref().and_then(|options| options.map_entry);
    let mut oneofs = message.oneof_decl.clone();
    for oneof in &mut oneofs {
        oneof.options = None;
    }
    Some(DescriptorProto {
        field: message.field.iter().map(cut_field).collect(),
        oneof_decl: oneofs,
        options: map_entry.map(|_| MessageOptions { map_entry, ..Default::default() }),
        ..shell
    })
}

fn cut_field(field: &FieldDescriptorProto) -> FieldDescriptorProto {
    let packed = field.options.as_ref().and_then(|options| options.packed);
    FieldDescriptorProto {
        options: packed.map(|_| FieldOptions { packed, ..Default::default() }),
        ..field.clone()
    }
}

fn cut_enums(
    enums: &[EnumDescriptorProto],
    scope: &str,
    reached: &BTreeSet<String>,
) -> Vec<EnumDescriptorProto> {
    enums
        .iter()
        .filter(|one| reached.contains(&format!("{scope}.{}", one.name())))
        .map(|one| {
            // Aliases are only valid with this option, so it is kept.
            let allow_alias = one.options.as_ref().and_then(|options| options.allow_alias);
            let mut value = one.value.clone();
            for value in &mut value {
                value.options = None;
            }
            EnumDescriptorProto {
                name: one.name.clone(),
                value,
                options: allow_alias
                    .map(|_| prost_types::EnumOptions { allow_alias, ..Default::default() }),
                ..Default::default()
            }
        })
        .collect()
}

fn cut_service(service: &ServiceDescriptorProto) -> ServiceDescriptorProto {
    let method = service
        .method
        .iter()
        .map(|method| MethodDescriptorProto { options: None, ..method.clone() })
        .collect();
    ServiceDescriptorProto { name: service.name.clone(), method, options: None }
}

/// Sets each file's dependencies: the other files whose types it uses.
fn with_dependencies(mut files: Vec<FileDescriptorProto>) -> Vec<FileDescriptorProto> {
    let mut home = BTreeMap::new();
    for file in &files {
        for name in messages_by_name(std::slice::from_ref(file)).into_keys() {
            home.insert(name, file.name().to_owned());
        }
        for name in enum_names(file) {
            home.insert(name, file.name().to_owned());
        }
    }
    for file in &mut files {
        let uses: BTreeSet<&String> = used_types(file)
            .iter()
            .filter_map(|name| home.get(name))
            .filter(|other| *other != file.name())
            .collect();
        let uses: Vec<String> = uses.into_iter().cloned().collect();
        file.dependency = uses;
    }
    files
}

fn enum_names(file: &FileDescriptorProto) -> Vec<String> {
    let messages = messages_by_name(std::slice::from_ref(file));
    let nested = messages.iter().flat_map(|(scope, message)| {
        message.enum_type.iter().map(move |one| format!("{scope}.{}", one.name()))
    });
    let top = file.enum_type.iter().map(|one| format!("{}.{}", file.package(), one.name()));
    nested.chain(top).collect()
}

fn used_types(file: &FileDescriptorProto) -> BTreeSet<String> {
    let messages = messages_by_name(std::slice::from_ref(file));
    let fields = messages.values().flat_map(|message| message.field.iter().filter_map(type_of));
    let methods = file.service.iter().flat_map(|service| &service.method);
    let carried = methods.flat_map(|method| [method.input_type(), method.output_type()]);
    fields.chain(carried.map(|name| name.trim_start_matches('.').to_owned())).collect()
}
