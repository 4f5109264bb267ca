package profile

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// wrongType refuses a value that is of another type than v.
func (d *decoder) wrongType(p place, v reflect.Value) {
	found := "expected " + expected(v.Type()) + ", got " + got(p.n)
	if v.Kind() == reflect.Bool && p.n.Tag == yaml.NodeTagBool { // YAML 1.2: True and TRUE, too
		found = "expected true or false, got " + p.n.Value
	}
	d.refuse(p.n, diagnostic.ConfigWrongType, p.path, found, instead(p, v))
}

func expected(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Quantity]():
		return "a quantity"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Bool:
		return "a boolean"
	case t.Kind() == reflect.Int:
		return "a number"
	case t.Kind() == reflect.String:
		return "a string"
	default:
		return "a map"
	}
}

func got(n *yaml.Node) string {
	if n.Kind == yaml.MappingNode {
		return "a map"
	}
	if n.Kind == yaml.SequenceNode {
		return "a list"
	}
	switch n.Tag {
	case yaml.NodeTagString:
		return "the string " + quote(n.Value)
	case yaml.NodeTagBool:
		return "the boolean " + shorten(n.Value)
	case yaml.NodeTagInt, yaml.NodeTagFloat:
		return "the number " + shorten(n.Value)
	default:
		return "the value " + quote(n.Value)
	}
}

// instead returns what to write in place of a value of another type.
func instead(p place, v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct, reflect.Map:
		return insteadOfMap(p, v.Type())
	case reflect.Slice:
		return insteadOfList(p, v.Type().Elem())
	case reflect.Bool:
		if word, ok := booleans[strings.ToLower(p.n.Value)]; ok {
			return "write " + p.as(word)
		}
		return "write " + p.as("true") + " or " + p.as("false")
	case reflect.Int:
		if digits.MatchString(p.n.Value) {
			return "write " + p.as(p.n.Value)
		}
		return "write digits only"
	}
	if c := p.n.Content; p.n.Kind == yaml.SequenceNode && len(c) == 1 && c[0].Kind == yaml.ScalarNode && len(c[0].Value) <= longest {
		return "write " + p.as(flow(c[0].Value))
	}
	if byDefault := v.String(); byDefault != "" {
		return "write one value, for example " + p.as(flow(byDefault))
	}
	return "write one value"
}

func insteadOfMap(p place, t reflect.Type) string {
	if form := asMap(p); form != "" {
		if p.key != nil {
			form = p.as(form)
		}
		return "write " + form + p.hint()
	}
	if p.n.Kind == yaml.SequenceNode {
		return "write its fields without a dash"
	}
	if p.tag.Get("bool") != "" && booleans[strings.ToLower(p.n.Value)] == "false" { // no map means false
		return "remove the line"
	}
	if t.Kind() == reflect.Map {
		return "write " + p.as("{KEY: VALUE}")
	}
	return "write a map of its fields, " + strings.Join(namesOf(fieldsOf(t)), ", ")
}

func insteadOfList(p place, item reflect.Type) string {
	if p.n.Kind == yaml.MappingNode {
		return insteadOfListGotMap(p, item)
	}
	switch {
	case item.Kind() == reflect.Struct:
		if form := asMap(p); form != "" {
			return "write " + p.as("["+form+"]") + p.hint()
		}
	case item.Kind() == reflect.String && p.n.Value != "" && len(p.n.Value) <= longest:
		var items []string
		for item := range strings.SplitSeq(p.n.Value, ",") {
			items = append(items, flow(strings.TrimSpace(item)))
		}
		return "write " + p.as("["+strings.Join(items, ", ")+"]")
	case item.Kind() == reflect.Int && digits.MatchString(p.n.Value):
		return "write " + p.as("["+p.n.Value+"]")
	}
	return "write a list, each item after a dash"
}

func insteadOfListGotMap(p place, item reflect.Type) string {
	if p.n.Style&yaml.FlowStyle != 0 {
		return "put it into brackets, as in " + p.as("[{...}]")
	}
	noun := nounOf(item)
	if c := p.n.Content; len(c) > 0 && c[1].Kind == yaml.ScalarNode && c[1].Value != "" && len(c[1].Value) <= longest {
		return "start each " + noun + " with a dash: - " + shorten(c[0].Value) + ": " + flow(c[1].Value)
	}
	return "start each " + noun + " with a dash"
}

// nounOf returns what messages call an item of a list: a profile, a contributor.
func nounOf(item reflect.Type) string {
	if item.Kind() == reflect.Struct {
		return strings.ToLower(item.Name())
	}
	return "item"
}

// asMap returns the map to write in place of a single value, or "" if that cannot be known.
func asMap(p place) string {
	n := p.n
	if n.Kind != yaml.ScalarNode || len(n.Value) > longest {
		return ""
	}
	if word := booleans[strings.ToLower(n.Value)]; word != "" && p.tag.Get("bool") != "" {
		if !strings.Contains(p.tag.Get("bool"), "$") && word == "false" {
			return ""
		}
		return strings.ReplaceAll(p.tag.Get("bool"), "$", word)
	}
	if n.Value == "" || n.Tag == yaml.NodeTagBool {
		return ""
	}
	return strings.ReplaceAll(p.tag.Get("string"), "$", flow(n.Value))
}

// hint is what there is to say about the map of asMap.
func (p place) hint() string { return strings.ReplaceAll(p.tag.Get("hint"), "$", p.n.Value) }

// as returns the field with a value, as YAML to paste; of an item of a list, the list with the item.
func (p place) as(value string) string {
	if p.key != nil {
		return flow(p.key.Value) + ": " + value
	}
	list := p.path[:strings.LastIndex(p.path, "[")]
	return list[strings.LastIndex(list, ".")+1:] + ": [" + value + "]"
}

// badNumber rejects a number that is neither a port nor a count, or that YAML parsers could read in two ways.
func (d *decoder) badNumber(p place) {
	found, remedy := shorten(p.n.Value)+" is not a whole number", "write a whole number of 1 or more"
	number, err := strconv.ParseInt(p.n.Value, 0, 32)
	switch {
	case p.n.Tag != yaml.NodeTagInt:
	case err == nil && number < 1:
		found = p.n.Value + " is less than 1"
	case octal.MatchString(p.n.Value):
		found, remedy = p.n.Value+" starts with 0, and YAML parsers disagree on its value", "write it without the 0"
	case err == nil:
		found, remedy = p.n.Value+" is not written in decimal digits", "write "+p.as(strconv.FormatInt(number, 10))
	default:
		found, remedy = shorten(p.n.Value)+" is too large", "write a smaller number"
	}
	d.refuse(p.n, diagnostic.ConfigBadNumber, p.path, found, remedy)
}

// notText refuses a scalar that at least one YAML parser does not read as a string.
func (d *decoder) notText(p place) {
	value := p.n.Value
	quoted := "put it in quotes"
	if len(value) <= longest {
		quoted = "write " + p.as(strconv.Quote(value))
	}
	if p.n.Style&yaml.TaggedStyle != 0 && p.n.Tag != yaml.NodeTagString {
		d.refuse(p.n, diagnostic.ConfigWrongType, p.path, "expected a string, got a value with the tag "+shorten(p.n.Tag), "remove the tag")
		return
	}
	if value == "true" || value == "false" || decimal.MatchString(value) {
		d.refuse(p.n, diagnostic.ConfigWrongType, p.path, "expected a string, got "+got(p.n), quoted)
		return
	}
	d.refuse(p.n, diagnostic.ConfigAmbiguousValue, p.path, "expected a string, got "+shorten(value)+", which some YAML parsers read as "+otherType(p.n), quoted)
}

// otherType names what a plain scalar is to some YAML parsers (YAML 1.1: bool, int, float, timestamp).
func otherType(n *yaml.Node) string {
	if _, ok := booleans[strings.ToLower(n.Value)]; ok {
		return "a boolean"
	}
	if number, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
		return "the number " + strconv.FormatInt(number, 10)
	}
	if number, err := strconv.ParseFloat(n.Value, 64); err == nil {
		return "the number " + strconv.FormatFloat(number, 'g', -1, 64)
	}
	if date.MatchString(n.Value) {
		return "a date"
	}
	return "something other than a string"
}

// booleans are the words that a YAML 1.1 parser reads as a boolean, and those that people mean by one.
var booleans = map[string]string{
	"true": "true", "yes": "true", "y": "true", "on": "true", "1": "true",
	"false": "false", "no": "false", "n": "false", "off": "false", "0": "false",
}

var (
	digits  = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)
	octal   = regexp.MustCompile(`^0[0-9]+$`)
	decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	date    = regexp.MustCompile(`^\d{4}-\d{1,2}-\d{1,2}`)
)
