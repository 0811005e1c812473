/* config.c - settings from a YAML file: one mapping, its values scalars or lists of scalars. */
#include "app/options.h"

#include "app/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct job {
        const char *path;
        const struct zl_usage *usage;
        const bool *given;
        yaml_document_t *document;
};

static bool wrong(const struct job *job, const yaml_node_t *node, const char *what)
{
        zl_say("%s, line %zu: %s", job->path, node->start_mark.line + 1, what);
        return false;
}

/* Settings live as long as the process, and so does their text: options point into it. */
struct kept {
        struct kept *next;
        char text[];
};

static struct kept *all_kept;

static const char *keep(const yaml_node_t *node)
{
        size_t size = node->data.scalar.length;
        struct kept *kept = malloc(sizeof *kept + size + 1);

        if (!kept)
                return NULL;
        memcpy(kept->text, node->data.scalar.value, size);
        kept->text[size] = 0;
        kept->next = all_kept;
        all_kept = kept;
        return kept->text;
}

static bool set_scalar(const struct job *job, const struct zl_option *option,
                       const yaml_node_t *node)
{
        char where[512];

        if (node->type != YAML_SCALAR_NODE)
                return wrong(job, node, "expected a single value");
        snprintf(where, sizeof where, "%s, line %zu: %s", job->path, node->start_mark.line + 1,
                 option->name);
        const char *text = keep(node);
        return text && zl_option_set(option, text, where);
}

static bool set_list(const struct job *job, const struct zl_option *option, yaml_node_t *node)
{
        if (option->form != ZL_OPTION_LIST)
                return wrong(job, node, "expected a single value, not a list");
        for (yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; item++) {
                if (!set_scalar(job, option, yaml_document_get_node(job->document, *item)))
                        return false;
        }
        return true;
}

static bool set_pair(const struct job *job, const yaml_node_pair_t *pair)
{
        yaml_node_t *key = yaml_document_get_node(job->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(job->document, pair->value);
        const char *nearest;

        if (key->type != YAML_SCALAR_NODE)
                return wrong(job, key, "expected a setting's name");
        const char *name = (const char *)key->data.scalar.value;
        const struct zl_option *option = zl_option_find(job->usage, name, &nearest);
        if (!option) {
                zl_say("%s, line %zu: no setting \"%s\"; the nearest is \"%s\"", job->path,
                       key->start_mark.line + 1, name, nearest);
                return false;
        }
        if (job->given[option - job->usage->options])
                return true;
        if (value->type == YAML_SEQUENCE_NODE)
                return set_list(job, option, value);
        return set_scalar(job, option, value);
}

static bool set_all(struct job *job)
{
        yaml_node_t *root = yaml_document_get_root_node(job->document);

        if (!root)
                return true; /* an empty file sets nothing */
        if (root->type != YAML_MAPPING_NODE)
                return wrong(job, root, "expected lines of the form `setting: value`");
        for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
             pair < root->data.mapping.pairs.top; pair++) {
                if (!set_pair(job, pair))
                        return false;
        }
        return true;
}

static bool read_file(const char *path, const struct zl_usage *usage, const bool *given, FILE *file)
{
        yaml_parser_t parser;
        yaml_document_t document;
        struct job job = {path, usage, given, &document};
        bool good = false;

        if (!yaml_parser_initialize(&parser))
                return false;
        yaml_parser_set_input_file(&parser, file);
        if (!yaml_parser_load(&parser, &document)) {
                zl_say("%s, line %zu: %s", path, parser.problem_mark.line + 1,
                       parser.problem ? parser.problem : "cannot be read");
        } else {
                good = set_all(&job);
                yaml_document_delete(&document);
        }
        yaml_parser_delete(&parser);
        return good;
}

bool zl_config_read(const char *path, const struct zl_usage *usage, const bool *given)
{
        FILE *file = fopen(path, "rb");

        if (!file) {
                zl_say_errno("cannot read the config file %s", path);
                return false;
        }
        bool good = read_file(path, usage, given, file);
        fclose(file);
        return good;
}
