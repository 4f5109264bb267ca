package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// validate is the part of JSON Schema that the files use; a keyword that it does not know is an
// error, so that no rule goes untried.
func validate(path string, schema, value any) []string {
	var wrong []string
	for keyword, rule := range schema.(map[string]any) {
		if !holds(keyword, rule, value) {
			wrong = append(wrong, fmt.Sprintf("%s: %v: %s %v", path, value, keyword, rule))
		}
	}
	switch v := value.(type) {
	case map[string]any:
		wrong = append(wrong, members(path, schema.(map[string]any), v)...)
	case []any:
		for i, item := range v {
			if items, ok := schema.(map[string]any)["items"]; ok {
				wrong = append(wrong, validate(fmt.Sprintf("%s[%d]", path, i), items, item)...)
			}
		}
	}
	return wrong
}

func members(path string, schema, object map[string]any) []string {
	var wrong []string
	properties, _ := schema["properties"].(map[string]any)
	for key, value := range object {
		if property, ok := properties[key]; ok {
			wrong = append(wrong, validate(path+"."+key, property, value)...)
		} else if additional, ok := schema["additionalProperties"].(map[string]any); ok {
			wrong = append(wrong, validate(path+"."+key, additional, value)...)
		} else if schema["additionalProperties"] != true {
			wrong = append(wrong, path+"."+key+": is not a field")
		}
	}
	return wrong
}

func holds(keyword string, rule, value any) bool {
	text, isText := value.(string)
	number, isNumber := value.(float64)
	list, isList := value.([]any)
	object, isObject := value.(map[string]any)
	switch keyword {
	case "$schema", "title", "description", "default", "properties", "items", "additionalProperties":
		return true
	case "type":
		return isType(rule, value)
	case "enum":
		return slices.ContainsFunc(rule.([]any), func(one any) bool { return reflect.DeepEqual(one, value) })
	case "pattern":
		return !isText || regexp.MustCompile(rule.(string)).MatchString(text)
	case "maxLength":
		return !isText || float64(len(text)) <= rule.(float64)
	case "minimum":
		return !isNumber || number >= rule.(float64)
	case "maximum":
		return !isNumber || number <= rule.(float64)
	case "minItems":
		return !isList || float64(len(list)) >= rule.(float64)
	case "uniqueItems":
		return !isList || unique(list)
	case "required":
		return !isObject || !slices.ContainsFunc(rule.([]any), func(key any) bool { _, ok := object[key.(string)]; return !ok })
	}
	panic("the schema uses " + keyword + ", which this test does not know")
}

func isType(rule, value any) bool {
	if names, ok := rule.([]any); ok {
		return slices.ContainsFunc(names, func(name any) bool { return isType(name, value) })
	}
	switch v := value.(type) {
	case string:
		return rule == "string"
	case bool:
		return rule == "boolean"
	case float64:
		return rule == "number" || rule == "integer" && v == float64(int(v))
	case []any:
		return rule == "array"
	case map[string]any:
		return rule == "object"
	}
	return false
}

func unique(list []any) bool {
	for i := range list {
		if slices.ContainsFunc(list[:i], func(other any) bool { return reflect.DeepEqual(other, list[i]) }) {
			return false
		}
	}
	return true
}
