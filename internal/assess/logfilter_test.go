package assess

import (
	"maps"
	"strings"
	"testing"
)

// call is an API call as CloudTrail records it when it went well.
func call(source, name string) map[string]string {
	return map[string]string{"eventSource": source + ".amazonaws.com", "eventName": name, "eventType": "AwsApiCall",
		"readOnly": "false", "errorCode": "", "errorMessage": ""}
}

var signIn = map[string]string{"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin",
	"eventType": "AwsConsoleSignIn", "additionalEventData.MFAUsed": "No", "userIdentity.type": "IAMUser",
	"responseElements.ConsoleLogin": "Success", "errorMessage": ""}

var refused = map[string]string{"errorCode": "Client.UnauthorizedOperation", "eventName": "AnyAction",
	"sourceIPAddress": "192.0.2.1", "eventType": "AwsApiCall"}

var root = map[string]string{"userIdentity.type": "Root", "userIdentity.invokedBy": "", "eventType": "AwsApiCall"}

// TestFilterCovers holds patterns as they are published and as people write them against events.
func TestFilterCovers(t *testing.T) {
	trail := call("cloudtrail", "StopLogging")
	tests := []struct {
		name, pattern string
		event         map[string]string
		want          bool
	}{
		{"published", `{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ` +
			`($.eventName = StartLogging) || ($.eventName = StopLogging) }`, trail, true},
		{"another order, quotes, no space", `{($.eventName="StopLogging")||($.eventName="CreateTrail")}`, trail, true},
		{"no brackets", "{ $.eventName = CreateTrail || $.eventName = StopLogging }", trail, true},
		{"over lines", "{\n\t($.eventName = CreateTrail) ||\r\n\t($.eventName = StopLogging)\n}\n", trail, true},
		{"in brackets", "{((($.eventName = StopLogging)))}", trail, true},
		{"with the source", `{ ($.eventSource = cloudtrail.amazonaws.com) && (($.eventName = StopLogging)) }`, trail, true},
		{"the whole source", `{ $.eventSource = "cloudtrail.amazonaws.com" }`, trail, true},
		{"a star", `{ $.eventName = "Stop*" }`, trail, true},
		{"stars", `{ $.eventName = "*op*gg*ng" }`, trail, true},
		{"a star for nothing", `{ $.eventName = "StopLogging*" }`, trail, true},
		{"only a star", `{ $.eventName = * }`, trail, true},
		{"expression", `{ $.eventName = %^(Start|Stop)Logging$% }`, trail, true},
		{"expression of a part", `{ $.eventName = %topLog% }`, trail, true},
		{"what went well", `{ $.eventName = StopLogging && $.errorCode NOT EXISTS }`, trail, true},
		{"lower case", `{ $.eventName = StopLogging && $.errorCode not exists }`, trail, true},
		{"in square brackets", `{ $['eventName'] = StopLogging }`, trail, true},
		{"in square brackets with a dot", `{ $.["eventName"] = StopLogging }`, trail, true},
		{"what it is not", `{ $.eventName != CreateTrail }`, trail, true},
		{"exists", `{ $.eventName EXISTS }`, trail, true},
		{"everything", "", trail, true},
		{"a word", "StopLogging", trail, true},
		{"one of some words", `?CreateTrail ?"StopLogging"`, trail, true},
		{"words", `cloudtrail StopLogging`, trail, true},
		{"a word's expression", `%(Start|Stop)Logging%`, trail, true},
		{"no operation", `{ $.userIdentity.type = * || $.eventName = StopLogging }`, trail, true},

		{"another call", `{ ($.eventName = CreateTrail) || ($.eventName = StartLogging) }`, trail, false},
		{"another case", `{ $.eventName = stoplogging }`, trail, false},
		{"longer", `{ $.eventName = StopLoggingNow }`, trail, false},
		{"a star elsewhere", `{ $.eventName = "Start*" }`, trail, false},
		{"stars that overlap", `{ $.eventName = "StopL*ogLogging" }`, trail, false},
		{"an end that overlaps", `{ $.eventName = "StopLogging*Logging" }`, trail, false},
		{"expression of another", `{ $.eventName = %^Start% }`, trail, false},
		{"another service", `{ ($.eventSource = s3.amazonaws.com) && ($.eventName = StopLogging) }`, trail, false},
		{"of one user", `{ $.eventName = StopLogging && $.userIdentity.userName = "ann" }`, trail, false},
		{"of all but one user", `{ $.eventName = StopLogging && $.userIdentity.userName != "ann" }`, trail, false},
		{"of one region", `{ $.eventName = StopLogging && $.awsRegion = eu-west-1 }`, trail, false},
		{"not by services", `{ $.eventName = StopLogging && $.userIdentity.invokedBy NOT EXISTS }`, trail, false},
		{"by services", `{ $.eventName = StopLogging && $.userIdentity.invokedBy EXISTS }`, trail, false},
		{"what went wrong", `{ $.eventName = StopLogging && $.errorCode = "*" }`, trail, false},
		{"what did not fail so", `{ $.eventName = StopLogging && $.errorCode != "AccessDenied" }`, trail, false},
		{"& before |", `{ $.eventName = StopLogging && $.awsRegion = a || $.eventName = CreateTrail }`, trail, false},
		{"brackets before &", `{ ($.eventName = StopLogging || $.awsRegion = a) && $.eventName = CreateTrail }`, trail, false},
		{"an element", `{ $.eventName[0] = StopLogging }`, trail, false},
		{"true", `{ $.eventName IS TRUE }`, trail, false},
		{"null", `{ $.eventName IS NULL }`, trail, false},
		{"null or missing", `{ $.errorCode IS NULL }`, trail, false},
		{"another word", `CreateTrail`, trail, false},
		{"a word and another", `StopLogging eu-west-1`, trail, false},
		{"without a word", `-StopLogging`, trail, false},
		{"without a word that may be there", `StopLogging -eu-west-1`, trail, false},
		{"a number", `{ $.eventName > 3 }`, trail, false},

		{"is false", `{ $.readOnly IS FALSE }`, trail, true},
		{"is false of what is not there", `{ $.errorCode IS FALSE }`, trail, false},
		{"is true of what is unknown", `{ $.managementEvent IS TRUE }`, trail, false},
		{"numbers", `{ $.a >= 3 && $.a <= 3 && $.a < 3.5 && $.a > -1 }`, map[string]string{"a": "3"}, true},
		{"too small", `{ $.a > 3 }`, map[string]string{"a": "3"}, false},
		{"too large", `{ $.a < 3 }`, map[string]string{"a": "3"}, false},
		{"a quote in the text", `{ $.a = "say \"yes\"" }`, map[string]string{"a": `say "yes"`}, true},

		{"root, published", `{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && ` +
			`$.eventType != "AwsServiceEvent" }`, root, true},
		{"root, in brackets", `{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ` +
			`($.eventType != "AwsServiceEvent") }`, root, true},
		{"root alone", `{ $.userIdentity.type = Root }`, root, true},
		{"root at the console only", `{ $.userIdentity.type = "Root" && $.eventType = "AwsConsoleSignIn" }`, root, false},
		{"another user", `{ $.userIdentity.type = "IAMUser" }`, root, false},

		{"no second factor, published", `{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ` +
			`($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`, signIn, true},
		{"no second factor, older", `{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }`, signIn, true},
		{"no second factor, by no", `{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = No }`, signIn, true},
		{"every sign-in", `{ $.eventName = ConsoleLogin }`, signIn, true},
		{"sign-ins with a second factor", `{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed = "Yes" }`, signIn, false},

		{"refusals, published", `{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`, refused, true},
		{"refusals, newer", `{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") && ` +
			`($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }`, refused, true},
		{"refusals, bracketed", `{ (($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*")) && ` +
			`(($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket")) }`, refused, true},
		{"half of the refusals", `{ $.errorCode = "AccessDenied*" }`, refused, false},
	}
	for _, tt := range tests {
		if got, err := filterCovers(tt.pattern, tt.event); err != nil || got != tt.want {
			t.Errorf("%s: %v, %v; want %v\n%s", tt.name, got, err, tt.want, tt.pattern)
		}
	}
}

// TestFilterCannotBeRead holds that a text that is no pattern is an error, neither true nor false.
func TestFilterCannotBeRead(t *testing.T) {
	for _, bad := range []string{
		"{", "{}", "{ }", "{ $.a }", "{ $.a = }", "{ $ = a }", "{ a = b }", "{ $.a = b", "{ $.a = b } c", "{ ($.a = b }", "{ $.a = b) }",
		`{ $.a = "b }`, "{ $.a = %b }", "{ $.a = %(% }", "{ $.a IS MAYBE }", "{ $.a NOT }", "{ $.a == b", "{ $.a = b & $.c = d }",
		"{ $.a = b || }", "{ || $.a = b }", "{ $.a = b $.c = d }", "{ !($.a = b) }", "{ $[a = b }", "[a, b, c]", `"open`, "?", "-", "(a",
		"{" + strings.Repeat("(", logFilterLimit) + "$.a = b}", strings.Repeat("a", logFilterLimit+1),
	} {
		if got, err := filterCovers(bad, map[string]string{"a": "b"}); err == nil || got {
			t.Errorf("%.60q is read: %v", bad, got)
		}
	}
}

// TestFilterOrder writes the same conditions in many ways.
func TestFilterOrder(t *testing.T) {
	names := []string{"CreateRoute", "ReplaceRoute", "DeleteRoute", "CreateRouteTable"}
	for shift := range names {
		for _, spelling := range []string{"($.eventName = %)", `($.eventName="%")`, `$.eventName  =  "%"`, `($['eventName'] = %)`} {
			var terms []string
			for i := range names {
				terms = append(terms, strings.Replace(spelling, "%", names[(i+shift)%len(names)], 1))
			}
			any := strings.Join(terms, " || ")
			source := "($.eventSource = ec2.amazonaws.com)"
			for _, pattern := range []string{
				"{" + any + "}", "{ (" + any + ") && " + source + " }", "{" + source + "&&(" + any + ")}",
			} {
				for _, name := range names {
					if ok, err := filterCovers(pattern, call("ec2", name)); !ok || err != nil {
						t.Errorf("%s: %s is not covered: %v", pattern, name, err)
					}
				}
				if ok, _ := filterCovers(pattern, call("ec2", "DeleteRouteTable")); ok {
					t.Errorf("%s covers what it does not name", pattern)
				}
			}
		}
	}
}

// FuzzFilterCovers holds that what covers events of which little is known covers those of which more is known, and that
// no text does harm.
func FuzzFilterCovers(f *testing.F) {
	for _, seed := range []string{"", "StopLogging -a ?b", `{ ($.eventName = "Stop*") && $.a NOT EXISTS || $.b[0] != %x% }`,
		`{ $.userIdentity.type IS TRUE || ($['eventName'] >= 3) }`, "{((((", "[a]", `"\`, "{$.eventName!=*}"} {
		f.Add(seed, "userIdentity.type", "Root")
		f.Add(seed, "a", "")
	}
	f.Fuzz(func(t *testing.T, pattern, path, value string) {
		event := call("cloudtrail", "StopLogging")
		covers, err := filterCovers(pattern, event)
		if err != nil && covers {
			t.Fatalf("%.200q cannot be read and covers", pattern)
		}
		if _, known := event[path]; known || err != nil {
			return
		}
		more := maps.Clone(event)
		more[path] = value
		if again, err := filterCovers(pattern, more); err != nil || covers && !again {
			t.Fatalf("%.200q covers an event and not the same with %.60q = %.60q: %v", pattern, path, value, err)
		}
		spaced, err := filterCovers("\n"+pattern+" \t", event)
		if err != nil || spaced != covers {
			t.Fatalf("%.200q: space around it changes the answer: %v, %v", pattern, spaced, err)
		}
	})
}
