package manifest

import (
	"fmt"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kubeflow-ambient/ambient-profile/internal/diagnostic"
)

// checkTag refuses an explicit tag that is not the one of what it stands at. kubectl (go-yaml v2)
// ignores the tags of maps and lists and those that it does not know, and refuses a !!int that is
// not an integer; other readers drop such values or convert them.
func checkTag(n *yaml.Node) error {
	tag := n.ShortTag()
	switch n.Kind {
	case yaml.MappingNode:
		if tag == yaml.NodeTagMap {
			return nil
		}
	case yaml.SequenceNode:
		if tag == yaml.NodeTagSeq {
			return nil
		}
	case yaml.ScalarNode:
		if tag == yaml.MergeTag && n.Value == "<<" {
			return nil // kyaml writes merge keys so
		}
		if tag == yaml.NodeTagString || tag == plainTag(n.Value) || tag == yaml.NodeTagFloat && plainTag(n.Value) == yaml.NodeTagInt {
			return nil
		}
	}
	return fault(n, diagnostic.WrongTag, fmt.Sprintf("the tag %s does not say what the value is", tag), "YAML parsers disagree on it", "remove the tag")
}

// plainTag is the type of a scalar without a tag and quotes, as kubectl reads it; "" where that is
// not a type of JSON.
func plainTag(value string) string {
	if _, old := oldBoolean(value); old {
		return yaml.NodeTagBool
	}
	n := yaml.Node{Kind: yaml.ScalarNode, Value: value}
	switch tag := n.ShortTag(); tag {
	case yaml.NodeTagBool, yaml.NodeTagInt, yaml.NodeTagFloat, yaml.NodeTagNull:
		return tag
	default:
		return ""
	}
}

// readAlike reports whether a key is the same text to the cluster. sigs.k8s.io/yaml makes texts of
// keys that are booleans and numbers: on becomes "true", and 0x10 becomes "16".
func readAlike(key *yaml.Node) bool {
	switch key.ShortTag() {
	case yaml.NodeTagString:
		_, old := oldBoolean(key.Value)
		return !old || key.Style != 0
	case yaml.NodeTagBool:
		return key.Value == "true" || key.Value == "false"
	case yaml.NodeTagInt:
		number, err := strconv.Atoi(key.Value)
		return err == nil && strconv.Itoa(number) == key.Value
	case yaml.NodeTagFloat:
		return false
	default:
		return true // a date, which kubectl leaves as it is
	}
}

// oldBoolean is the boolean that YAML 1.1, and so kubectl, reads in a plain text that is a text in
// YAML 1.2; false where it is none.
func oldBoolean(plain string) (is, old bool) {
	switch plain {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	default:
		return false, false
	}
}
